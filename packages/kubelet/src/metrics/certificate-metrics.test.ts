import assert from 'node:assert/strict';
import { test } from 'node:test';
import { countClientCertificate, countServingCertificate } from './certificate-metrics.ts';
import { MetricsRegistry } from './registry.ts';

async function series(registry: MetricsRegistry): Promise<string[]> {
  return (await registry.text()).split('\n').filter((line) => line !== '' && !line.startsWith('#'));
}

test('the client certificate', async () => {
  const registry = new MetricsRegistry();
  let expiry: number | undefined;
  const counts = countClientCertificate(registry, () => expiry);
  assert.deepEqual(await series(registry), [
    'kubelet_certificate_manager_client_expiration_renew_errors 0',
    'kubelet_certificate_manager_client_ttl_seconds +Inf',
  ]);
  counts.renewFailed();
  expiry = Date.now() + 90_500;
  assert.deepEqual(await series(registry), [
    'kubelet_certificate_manager_client_expiration_renew_errors 1',
    'kubelet_certificate_manager_client_ttl_seconds 90',
  ]);
});

test('the serving certificate', async () => {
  const registry = new MetricsRegistry();
  const counts = countServingCertificate(registry, () => Date.now() - 1500);
  counts.renewFailed();
  counts.renewed(undefined);
  counts.renewed(1800);
  const lines = await series(registry);
  for (const line of [
    'kubelet_certificate_manager_server_ttl_seconds -1',
    'kubelet_server_expiration_renew_errors 1',
    'kubelet_certificate_manager_server_rotation_seconds_bucket{le="60"} 0',
    'kubelet_certificate_manager_server_rotation_seconds_bucket{le="3600"} 1',
    'kubelet_certificate_manager_server_rotation_seconds_bucket{le="1.24416e+08"} 1',
    'kubelet_certificate_manager_server_rotation_seconds_count 1',
  ]) {
    assert.ok(lines.includes(line), `${line} is not in\n${lines.join('\n')}`);
  }
});
