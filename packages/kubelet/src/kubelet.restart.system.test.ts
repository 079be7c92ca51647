// Restarts of pods on request: gracefully, as new pods, and completed by the next kubelet.
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { until } from '@berth/test-support/until.ts';
import { forever, shellPod, startTestNode, statusOf, untilRunning, untilStatus } from './testing/node.ts';
import { noted, notingPod } from './testing/noting-pod.ts';

const idOf = (status: { containerStatuses?: { containerID?: string }[] } | undefined) =>
  status?.containerStatuses?.[0]?.containerID;

test('a pod is stopped gracefully and starts anew, and one that is ending is not restarted twice', async () => {
  await using node = await startTestNode('berthd');
  const kubelet = node.kubelet();
  const { pod, notes } = notingPod(node, 'again', noted('main'));
  kubelet.setPods([pod]);
  const before = await untilRunning(kubelet, pod);
  await until('it has begun', () => notes() === '+main');
  assert.equal(kubelet.restart('default/again'), undefined);
  assert.equal(kubelet.restart('default/again'), undefined);
  const now = await untilStatus(kubelet, pod, 'runs anew', (status) => {
    const [container] = status.containerStatuses ?? [];
    return container?.state?.running !== undefined && container.containerID !== idOf(before);
  });
  assert.equal(now.containerStatuses?.[0]?.restartCount, 0);
  await until('it has begun again', () => notes() === '+main -main +main', notes);
  assert.ok(!existsSync(join(node.options.rootDir, 'pods', pod.metadata.uid, 'restart')));
  assert.deepEqual(kubelet.restart('default/none'), { status: 404, why: 'there is no pod default/none' });
});

test('a pod that has finished runs again, unless others have its room now', async () => {
  await using node = await startTestNode('berthd');
  const kubelet = node.kubelet({ maxPods: 1 });
  const job = shellPod('job', 'exit 0', { restartPolicy: 'Never' });
  const finished = (former?: string) =>
    untilStatus(
      kubelet,
      job,
      'has finished',
      (status) => status.phase === 'Succeeded' && idOf(status) !== former,
    );
  kubelet.setPods([job]);
  const first = idOf(await finished());
  assert.equal(kubelet.restart('default/job'), undefined);
  await finished(first);

  const other = shellPod('other', forever);
  kubelet.setPods([job, other]);
  await untilRunning(kubelet, other);
  assert.equal(kubelet.restart('default/job'), undefined);
  const { reason } = await untilStatus(kubelet, job, 'is rejected', ({ phase }) => phase === 'Failed');
  assert.equal(reason, 'OutOfpods');
  assert.match(kubelet.restart('default/job')?.why ?? '', /^pod default\/job was rejected: /);
  kubelet.setPods([job]);
  await until('the other is gone', () => statusOf(kubelet, other) === undefined);
  assert.equal(kubelet.restart('default/job'), undefined);
  await finished();
});

test('a restart that a kubelet did not complete is completed by the next one', async () => {
  await using node = await startTestNode('berthd');
  const deaf = shellPod('deaf', 'trap "" TERM; while true; do sleep 1; done', {
    restartPolicy: 'Never',
    terminationGracePeriodSeconds: 3,
  });
  const first = node.kubelet();
  first.setPods([deaf]);
  const before = await untilRunning(first, deaf);
  assert.equal(first.restart('default/deaf'), undefined);
  await first.stop();

  const second = node.kubelet();
  second.setPods([deaf]);
  await untilStatus(second, deaf, 'runs anew', (status) => {
    const [container] = status.containerStatuses ?? [];
    return container?.state?.running !== undefined && container.containerID !== idOf(before);
  });
});
