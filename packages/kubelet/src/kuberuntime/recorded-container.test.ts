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

const key = 'io.kubernetes.container.preStopHandler';
for (const text of ['{', '1', '{"exec":{"command":"x"}}', '{"sleep":{"seconds":"1"}}', 'null']) {
  test(`an annotation that is no hook counts as none: ${text}`, () => {
    assert.equal(fromAnnotations('a', { [key]: text }).lifecycle?.preStop, undefined);
  });
}
