import assert from 'node:assert/strict';
import { test } from 'node:test';
import { annotationsOf } from '../kubecontainer/labels.ts';
import { testContainer, testPod } from '../testing/pod.ts';
import { fromAnnotations } from './recorded-container.ts';

const preStop = { httpGet: { port: 'web', path: '/bye', scheme: 'HTTP' } };
const ports = [{ name: 'web', containerPort: 80, protocol: 'TCP' }];

test('the hook and the ports of a container are read back from its annotations', () => {
  const container = testContainer({ name: 'a', ports, lifecycle: { preStop } });
  const annotations = annotationsOf(testPod({ containers: [container] }), container, 0);
  assert.deepEqual(fromAnnotations('a', annotations), { name: 'a', ports, lifecycle: { preStop } });
});

test('annotations are as the real kubelet writes them, whatever the order in the manifest', () => {
  const container = testContainer({
    name: 'a',
    ports: [
      { containerPort: 80, hostPort: 18080, protocol: 'TCP' },
      { hostIP: '127.0.0.1', protocol: 'UDP', name: 'udp', containerPort: 53, hostPort: 53 },
    ],
    lifecycle: {
      preStop: {
        httpGet: {
          scheme: 'HTTP',
          port: 80,
          path: '/a?b&c',
          httpHeaders: [{ value: '<x>', name: 'X-A' }],
          host: 'h',
        },
      },
    },
  });
  const annotations = annotationsOf(testPod({ containers: [container] }), container, 0);
  assert.equal(
    annotations['io.kubernetes.container.ports'],
    '[{"hostPort":18080,"containerPort":80,"protocol":"TCP"},{"name":"udp","hostPort":53,"containerPort":53,"protocol":"UDP","hostIP":"127.0.0.1"}]',
  );
  assert.equal(
    annotations['io.kubernetes.container.preStopHandler'],
    '{"httpGet":{"path":"/a?b\\u0026c","port":80,"host":"h","scheme":"HTTP","httpHeaders":[{"name":"X-A","value":"\\u003cx\\u003e"}]}}',
  );
});

const key = 'io.kubernetes.container.preStopHandler';
for (const text of ['{', '1', '{"exec":{"command":"x"}}', '{"sleep":{"seconds":"1"}}', 'null']) {
  test(`an annotation that is no hook counts as none: ${text}`, () => {
    assert.equal(fromAnnotations('a', { [key]: text }).lifecycle?.preStop, undefined);
  });
}
