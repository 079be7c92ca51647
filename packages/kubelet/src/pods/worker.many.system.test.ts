// A pod of 250 containers: it starts, is adopted by the next kubelet as it is, and ends.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { testImage } from '@berth/test-support/pods.ts';
import type { Pod } from '../api/pod.ts';
import { shellPod, startTestNode, untilRunning } from '../testing/node.ts';
import { testContainer } from '../testing/pod.ts';
import { endAllWithin } from '../testing/remains.ts';

const count = 250;
/** Four test files at a time leave this one half a processor, and each container takes a tenth of a second of it. */
const timeoutMs = 240_000;

/** Waits for its end without waking up. */
const quiet = 'trap "exit 0" TERM; sleep 100000 & wait';

function podOfMany(): Pod {
  const pod = shellPod('many', quiet);
  const containers = Array.from({ length: count }, (_, index) =>
    testContainer({ name: `c${index}`, image: testImage, command: ['/bin/sh', '-c', quiet] }),
  );
  return { ...pod, spec: { ...pod.spec, containers } };
}

// Debian's containerd and 2.4 start and keep them. Their one shim per pod does not get 250 StopContainer requests done
// before their deadline, which begins anew with the next attempt: ten minutes are not enough.
test(`berthd (containerd does not stop so many in one pod): a pod of ${count} containers`, async () => {
  await using node = await startTestNode('berthd');
  const pod = podOfMany();
  const first = node.kubelet();
  first.setPods([pod]);
  const status = await untilRunning(first, pod, timeoutMs);
  assert.equal(status.containerStatuses?.length, count);
  assert.equal(status.phase, 'Running');
  await first.stop();
  const ids = (await node.cri.runtime.listContainers({})).containers.map(({ id }) => id).sort();
  assert.equal(ids.length, count);

  const second = node.kubelet();
  second.setPods([pod]);
  const again = await untilRunning(second, pod, timeoutMs);
  assert.ok(again.containerStatuses?.every(({ restartCount }) => restartCount === 0));
  const same = (await node.cri.runtime.listContainers({})).containers.map(({ id }) => id).sort();
  assert.deepEqual(same, ids);
  await endAllWithin(timeoutMs, node, second, pod);
  await second.stop();
});
