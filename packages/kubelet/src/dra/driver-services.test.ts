import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chooseServices } from './driver-services.ts';

const choose = (...supportedVersions: string[]) =>
  chooseServices({ name: 'd', endpoint: '/e.sock', supportedVersions });

test('the driver’s first service for claims is called, and the newest for health', () => {
  const chosen = (...versions: string[]) => {
    const { plugin, health } = choose(...versions);
    return [plugin.fullName, health?.fullName];
  };
  const v1 = 'k8s.io.kubelet.pkg.apis.dra.v1.DRAPlugin';
  const v1beta1 = 'k8s.io.kubelet.pkg.apis.dra.v1beta1.DRAPlugin';
  assert.deepEqual(chosen('v1.DRAPlugin', 'v1beta1.DRAPlugin'), [v1, undefined]);
  assert.deepEqual(chosen('v1beta1.DRAPlugin', 'v1.DRAPlugin'), [v1beta1, undefined]);
  assert.deepEqual(
    chosen('v1alpha1.DRAResourceHealth', 'v1.DRAResourceHealth', 'x.DRAPlugin', 'v1.DRAPlugin'),
    [v1, 'v1.DRAResourceHealth'],
  );
  assert.deepEqual(chosen('v1.DRAPlugin', 'v1alpha1.DRAResourceHealth'), [v1, 'v1alpha1.DRAResourceHealth']);
});

test('a driver without a service for claims is refused', () => {
  const refused = 'invalid supported gRPC versions of DRA driver plugin d at endpoint /e.sock: ';
  assert.throws(() => choose(), {
    message: `${refused}empty list of supported gRPC services (aka supported versions)`,
  });
  assert.throws(() => choose('toString', '1.0.0'), {
    message: `${refused}none of services supported by the plugin (["toString" "1.0.0"]) are supported by the kubelet (["v1.DRAPlugin" "v1beta1.DRAPlugin"])`,
  });
});
