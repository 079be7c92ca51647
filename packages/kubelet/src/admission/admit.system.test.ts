// A pod that does not fit this node, on berthd: it is shown as failed, nothing of it is made, and the others run.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { until } from '@berth/test-support/until.ts';
import {
  forever,
  shellPod,
  startTestNode,
  statusOf,
  untilGone,
  untilRunning,
  untilStatus,
} from '../testing/node.ts';

test('a pod that does not fit is shown as Failed with the reason, until no source wants it', async () => {
  await using node = await startTestNode('berthd');
  const kubelet = node.kubelet({ maxPods: 2 });
  const resources = { requests: { cpu: '100k' } };
  const tooLarge = shellPod('large', forever, {}, { resources });
  const witness = shellPod('witness', forever);
  kubelet.setPods([tooLarge, witness]);
  const status = await untilStatus(kubelet, tooLarge, 'is rejected', ({ phase }) => phase === 'Failed');
  await untilRunning(kubelet, witness);
  const { message = '', startTime, ...rest } = status;
  assert.deepEqual(rest, { phase: 'Failed', reason: 'OutOfcpu', qosClass: 'Burstable' });
  assert.match(
    message,
    /^Pod was rejected: Node didn't have enough resource: cpu, requested: 100000000, used: 0, capacity: \d+000$/,
  );
  assert.ok(Math.abs(Date.now() - Date.parse(String(startTime))) < 60_000, String(startTime));
  assert.deepEqual(statusOf(kubelet, tooLarge), status, 'it stays as it is');
  const { items } = await node.cri.runtime.listPodSandbox({});
  assert.deepEqual(
    items.map(({ metadata }) => metadata?.name),
    ['witness'],
  );

  const second = shellPod('second', forever);
  const third = shellPod('third', forever);
  kubelet.setPods([witness, second, third]);
  assert.equal(statusOf(kubelet, tooLarge), undefined);
  assert.equal(statusOf(kubelet, third)?.reason, 'OutOfpods');
  await untilRunning(kubelet, second);
  // Room that becomes free is given to a pod that waits for it.
  kubelet.setPods([witness, third]);
  await untilRunning(kubelet, third);
  kubelet.setPods([]);
  for (const pod of [witness, second, third]) await untilGone(kubelet, pod);
  await until('nothing is listed', () => kubelet.pods().length === 0);
});
