// What the next kubelet knows of a pod whose containers, sandboxes and logs are gone behind its back.
import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { test } from 'node:test';
import {
  shellPod,
  startTestNode,
  type TestNode,
  testRuntimes,
  untilRunning,
  untilStatus,
} from '../testing/node.ts';
import { noted, notingPod } from '../testing/noting-pod.ts';

/** Removes all pods from the runtime, and their logs, by which a kubelet counts restarts. */
async function loseAll({ cri: { runtime }, options }: TestNode): Promise<void> {
  for (const { id } of (await runtime.listPodSandbox({})).items) {
    await runtime.stopPodSandbox({ podSandboxId: id });
    await runtime.removePodSandbox({ podSandboxId: id });
  }
  rmSync(options.podLogsDir, { recursive: true });
}

for (const runtime of testRuntimes) {
  test(`${runtime}: restart counts go on, and how a container ended is known`, async () => {
    await using node = await startTestNode(runtime);
    const crashing = 'test -e /v/twice || { test -e /v/once && touch /v/twice; touch /v/once; exit 3; }';
    const { pod } = notingPod(node, 'lost', `${crashing}; ${noted('main')}`);
    const steady = shellPod('steady', noted('main').replaceAll('/v/notes', '/notes'));
    const first = node.kubelet();
    first.setPods([pod, steady]);
    await untilRunning(first, steady);
    await untilStatus(
      first,
      pod,
      'runs after two crashes',
      ({ containerStatuses }) =>
        containerStatuses?.[0]?.restartCount === 2 && containerStatuses[0].state?.running !== undefined,
    );
    await first.stop();
    await loseAll(node);

    const second = node.kubelet();
    second.setPods([pod, steady]);
    const status = await untilStatus(
      second,
      pod,
      'runs again',
      ({ containerStatuses }) =>
        containerStatuses?.[0]?.restartCount === 3 && containerStatuses[0].state?.running !== undefined,
    );
    assert.equal(status.containerStatuses?.[0]?.lastState?.terminated?.exitCode, 3);
    const other = await untilStatus(
      second,
      steady,
      'runs again',
      ({ containerStatuses }) =>
        containerStatuses?.[0]?.restartCount === 1 && containerStatuses[0].state?.running !== undefined,
    );
    assert.deepEqual(other.containerStatuses?.[0]?.lastState?.terminated, {
      reason: 'ContainerStatusUnknown',
      message:
        'The container could not be located when the pod was deleted.  The container used to be Running',
      exitCode: 137,
      startedAt: null,
      finishedAt: null,
    });
    await second.stop();
    // The next one sees the same in the runtime.
    const third = node.kubelet();
    third.setPods([pod, steady]);
    const last = await untilRunning(third, pod);
    assert.equal(last.containerStatuses?.[0]?.restartCount, 3);
    await third.stop();
  });

  test(`${runtime}: a pod that has finished does not run again`, async () => {
    await using node = await startTestNode(runtime);
    const { pod, notes } = notingPod(node, 'done', 'echo ran >> /v/notes', { restartPolicy: 'Never' });
    const first = node.kubelet();
    first.setPods([pod]);
    const before = await untilStatus(first, pod, 'is done', ({ phase }) => phase === 'Succeeded');
    await first.stop();
    await loseAll(node);

    const second = node.kubelet();
    const other = shellPod('other', noted('main').replaceAll('/v/notes', '/notes'));
    second.setPods([pod, other]);
    await untilRunning(second, other);
    const status = await untilStatus(second, pod, 'is done', ({ phase }) => phase === 'Succeeded');
    assert.deepEqual(status.containerStatuses?.[0]?.state, before.containerStatuses?.[0]?.state);
    assert.equal((await node.cri.runtime.listPodSandbox({})).items.length, 1);
    assert.equal(notes(), 'ran');
    await second.stop();
  });
}
