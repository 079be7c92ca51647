import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { PodSpec } from '../api/pod.ts';
import { testPod } from '../testing/pod.ts';
import { podDomain, podHostname, sandboxHostname } from './hostname.ts';

const long = 'a'.repeat(62);
const cases: [
  spec: Partial<PodSpec>,
  podName: string,
  hostname: string,
  domain: string,
  ofSandbox: string,
][] = [
  [{}, 'p', 'p', '', 'p'],
  [{ hostname: 'h' }, 'p', 'h', '', 'h'],
  [{}, `${long}.-b`, long, '', long],
  [{ subdomain: 's' }, 'p', 'p', 's.default.svc.c', 'p'],
  [{ subdomain: 's', setHostnameAsFQDN: true }, 'p', 'p', 's.default.svc.c', 'p.s.default.svc.c'],
  [{ setHostnameAsFQDN: true }, 'p', 'p', '', 'p'],
  [{ hostname: 'h', subdomain: 's', hostnameOverride: 'x.y' }, 'p', 'x.y', '', 'x.y'],
  [{ hostnameOverride: `${long}.bc` }, 'p', long, '', long],
];
for (const [spec, name, hostname, domain, ofSandbox] of cases) {
  test(`host name of ${name} with ${JSON.stringify(spec)}`, () => {
    const pod = testPod({ ...spec, containers: [{ name: 'c' }] }, { name });
    assert.equal(podHostname(pod), hostname);
    assert.equal(podDomain(pod, 'c'), domain);
    assert.equal(sandboxHostname(pod, 'c'), ofSandbox);
  });
}

test('a name with its domain that is too long for the kernel is refused', () => {
  const spec = { subdomain: 's', setHostnameAsFQDN: true };
  const pod = testPod({ ...spec, containers: [{ name: 'c' }] }, { name: long });
  assert.throws(
    () => sandboxHostname(pod, 'c'),
    /is too long \(64 characters is the max, 78 characters requested\)/,
  );
});
