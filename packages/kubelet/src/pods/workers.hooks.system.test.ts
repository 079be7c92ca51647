// Hooks across restarts of the kubelet and deletions of pods, and signals that stop containers.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { until } from '@berth/test-support/until.ts';
import type { LifecycleHandler } from '../api/pod.ts';
import { forever, startTestNode, testRuntimes, untilGone, untilRunning } from '../testing/node.ts';
import { noted, notingPod } from '../testing/noting-pod.ts';

const exec = (script: string): LifecycleHandler => ({ exec: { command: ['/bin/sh', '-c', script] } });

for (const runtime of testRuntimes) {
  test(`${runtime}: a container whose postStart hook was interrupted counts as started`, async () => {
    await using node = await startTestNode(runtime);
    const lifecycle = {
      postStart: exec('echo post >> /v/notes; sleep 1000'),
      preStop: exec('echo pre >> /v/notes'),
    };
    const { pod, notes } = notingPod(node, 'killed', noted('main'), {}, { lifecycle });
    const first = node.kubelet();
    first.setPods([pod]);
    await until('the hook runs', () => notes().includes('post'));
    await first.stop();

    const second = node.kubelet();
    second.setPods([pod]);
    const status = await untilRunning(second, pod);
    assert.equal(status.containerStatuses?.[0]?.restartCount, 0);
    await second.stop();

    // This one has no manifest of the pod: it knows the hook from the container's annotations.
    const third = node.kubelet();
    third.setPods([]);
    await until('the pod is gone', async () => {
      const { items } = await node.cri.runtime.listPodSandbox({});
      return items.length === 0;
    });
    assert.match(notes(), /^(\+main post|post \+main) pre -main$/);
    await third.stop();
  });

  test(`${runtime}: a pod ends although its postStart hook hangs`, async () => {
    await using node = await startTestNode(runtime);
    const lifecycle = { postStart: exec('echo post >> /v/notes; sleep 1000') };
    const { pod, notes } = notingPod(node, 'hangs', noted('main'), {}, { lifecycle });
    const kubelet = node.kubelet();
    kubelet.setPods([pod]);
    await until('the hook runs', () => notes().includes('post'));
    kubelet.setPods([]);
    await until('the pod is gone', async () => {
      const { items } = await node.cri.runtime.listPodSandbox({});
      return items.length === 0;
    });
    assert.match(notes(), /-main$/);
  });
}

test('berthd (Debian’s containerd is older than this field of the CRI): a stop signal of its own', async () => {
  await using node = await startTestNode('berthd');
  const { pod, notes } = notingPod(
    node,
    'signal',
    `trap "echo usr1 >> /v/notes; exit 0" USR1; echo up >> /v/notes; ${forever}`,
    { os: { name: 'linux' } },
    { lifecycle: { stopSignal: 'SIGUSR1' } },
  );
  const kubelet = node.kubelet();
  kubelet.setPods([pod]);
  await until('it has started', () => notes() === 'up');
  kubelet.setPods([]);
  await untilGone(kubelet, pod);
  assert.equal(notes(), 'up usr1');
});
