import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { scratchDir } from '@berth/test-support/scratch.ts';
import { buildConfiguration, type Configuration } from './build-options.ts';
import { ignoredSettings } from './cluster-settings.ts';
import { parseCommandLine } from './flags.ts';

test('what a standalone node ignores is told unless it is the default', () => {
  const given = {
    registerNode: true,
    eventBurst: 7,
    maxPods: 3,
    providerID: 'x',
    webhookCacheTTL: 9000,
    rotateCertificates: true,
  };
  assert.deepEqual(ignoredSettings(given), [
    'eventBurst has no effect: there is no API server',
    'providerID has no effect: there is no API server',
    'rotateCertificates has no effect: there is no API server',
    'authentication.webhook.cacheTTL has no effect: there is no API server',
  ]);
});

const built = (...argv: string[]): Configuration => buildConfiguration(parseCommandLine(argv));

test('a standalone node', () => {
  const { options, notices } = built('--kube-api-qps=7', '--rotate-certificates');
  assert.equal(options.kubeconfig, undefined);
  assert.deepEqual(notices, [
    'kubeAPIQPS has no effect: there is no API server',
    'rotateCertificates has no effect: there is no API server',
  ]);
});

test('a node in a cluster, as the flags say', () => {
  const { options, notices } = built(
    '--kubeconfig=/etc/kubernetes/kubelet.conf',
    '--bootstrap-kubeconfig=/etc/kubernetes/bootstrap-kubelet.conf',
    '--rotate-certificates',
    '--kube-api-qps=0',
    '--kube-api-burst=20',
    '--kube-api-content-type=application/json',
    '--authentication-token-webhook',
    '--authentication-token-webhook-cache-ttl=9s',
    '--authorization-mode=Webhook',
    '--authorization-webhook-cache-authorized-ttl=8s',
    '--authorization-webhook-cache-unauthorized-ttl=7s',
  );
  assert.deepEqual(notices, []);
  assert.equal(options.kubeconfig, '/etc/kubernetes/kubelet.conf');
  assert.deepEqual(options.identity, {
    certDir: '/var/lib/kubelet/pki',
    bootstrapKubeconfig: '/etc/kubernetes/bootstrap-kubelet.conf',
    rotatesClient: true,
    requestsServing: false,
  });
  assert.deepEqual(options.apiRate, { qps: 5, burst: 20 });
  assert.equal(options.secureServer.tokenReviewMs, 9000);
  assert.deepEqual(options.secureServer.accessReviews, { allowedMs: 8000, deniedMs: 7000 });
  assert.equal(options.secureServer.address, '0.0.0.0');
});

test('a node in a cluster, by default and with a configuration file', () => {
  using scratch = scratchDir('cluster-settings');
  const config = join(scratch.path, 'config.yaml');
  const write = (text: string): void =>
    writeFileSync(config, `apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\n${text}`);
  const plain = built('--kubeconfig=/k').options;
  assert.equal(plain.secureServer.tokenReviewMs, undefined);
  assert.equal(plain.secureServer.accessReviews, undefined);
  assert.deepEqual(plain.apiRate, { qps: 50, burst: 100 });
  write(
    'kubeAPIBurst: 0\nauthentication: {webhook: {cacheTTL: 0s}}\nconfigMapAndSecretChangeDetectionStrategy: Get\n',
  );
  const { options } = built('--kubeconfig=/k', `--config=${config}`);
  assert.equal(options.secureServer.tokenReviewMs, 120_000);
  assert.deepEqual(options.secureServer.accessReviews, { allowedMs: 300_000, deniedMs: 30_000 });
  assert.deepEqual(options.apiRate, { qps: 50, burst: 100 });
  assert.equal(options.changeDetection, 'Get');
  write(
    'authentication: {webhook: {enabled: false}}\nauthorization: {mode: AlwaysAllow}\naddress: 127.0.0.1\ncontentType: application/vnd.kubernetes.protobuf\n',
  );
  const changed = built('--kubeconfig=/k', `--config=${config}`);
  assert.equal(changed.options.secureServer.tokenReviewMs, undefined);
  assert.equal(changed.options.secureServer.accessReviews, undefined);
  assert.equal(changed.options.secureServer.address, '127.0.0.1');
  assert.deepEqual(changed.notices, [
    'contentType: application/vnd.kubernetes.protobuf is not supported; requests to the API server are JSON',
  ]);
});
