// Pods that a kubelet must not end: those of another kubelet on the same runtime, and its own while it does not know
// which of them its sources want.

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { until } from '@berth/test-support/until.ts';
import { redirectLog } from './klog/klog.ts';
import type { Kubelet } from './kubelet.ts';
import { onEveryRuntime, type Stage } from './testing/every-runtime.ts';
import { forever, shellPod, untilGone, untilRunning } from './testing/node.ts';
import { endAll } from './testing/remains.ts';

/** The names of the pods that run in the runtime. */
async function running({ node }: Stage): Promise<string> {
  const { containers } = await node.cri.runtime.listContainers({ filter: { state: { state: 1 } } });
  return containers
    .map(({ labels }) => labels['io.kubernetes.pod.name'])
    .sort()
    .join(' ');
}

/** A kubelet of the test's own, which it can stop. */
async function theOnlyKubelet({ node, kubelet }: Stage): Promise<Kubelet> {
  await kubelet.stop();
  return node.kubelet();
}

/** Waits until a kubelet has begun, by a pod of its own that comes and goes. */
async function untilItHasWorked(
  kubelet: Kubelet,
  others: Parameters<Kubelet['setPods']>[0] = [],
): Promise<void> {
  const pod = shellPod('passing', forever);
  kubelet.setPods([...others, pod], false);
  await untilRunning(kubelet, pod);
  kubelet.setPods([...others], false);
  await untilGone(kubelet, pod);
}

onEveryRuntime((podTest) => {
  podTest('two kubelets on one runtime leave the pods of the other alone', async (stage) => {
    const { node } = stage;
    const kubelet = await theOnlyKubelet(stage);
    const lines: string[] = [];
    const restore = redirectLog((line) => lines.push(line));
    try {
      const [mine, yours] = [shellPod('mine', forever), shellPod('yours', forever)];
      kubelet.setPods([mine]);
      await untilRunning(kubelet, mine);
      const rootDir = join(node.dir, 'other-kubelet');
      const other = node.kubelet({ rootDir });
      other.setPods([yours]);
      await untilRunning(other, yours);
      assert.equal(await running(stage), 'mine yours');
      assert.match(lines.join(''), /Leaving alone pods of another kubelet .*count=1 pods="default\/mine"/);

      other.setPods([]);
      await untilGone(other, yours);
      await other.stop();
      assert.equal(await running(stage), 'mine');

      const adopting = node.kubelet({ rootDir, adoptsPods: true });
      await kubelet.stop();
      adopting.setPods([]);
      await until('the pod of the other kubelet has ended', async () => (await running(stage)) === '');
      await until('nothing is left', async () => {
        const { items } = await node.cri.runtime.listPodSandbox({});
        return items.length === 0;
      });
      await adopting.stop();
    } finally {
      restore();
    }
  });

  podTest(
    'a kubelet whose sources were not read ends no pod, but the earlier version of one',
    async (stage) => {
      const { node } = stage;
      const kubelet = await theOnlyKubelet(stage);
      const [kept, changed] = [shellPod('kept', forever), shellPod('changed', forever)];
      kubelet.setPods([kept, changed]);
      for (const pod of [kept, changed]) await untilRunning(kubelet, pod);
      await kubelet.stop();

      const next = node.kubelet();
      await untilItHasWorked(next);
      assert.equal(await running(stage), 'changed kept');
      const newer = shellPod('changed', `true; ${forever}`);
      next.setPods([newer], false);
      await untilRunning(next, newer);
      assert.equal(await running(stage), 'changed kept');
      next.setPods([newer], true);
      await until('the other pod has ended', async () => (await running(stage)) === 'changed');
      await endAll(node, next, newer);
    },
  );
});
