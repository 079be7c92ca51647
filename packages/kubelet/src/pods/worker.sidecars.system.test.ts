// Sidecars and restart rules in real containers: the order in which they start and stop, and what ends the pod.
import assert from 'node:assert/strict';
import { until } from '@berth/test-support/until.ts';
import type { Container } from '../api/pod.ts';
import { onEveryRuntime } from '../testing/every-runtime.ts';
import { forever, untilGone, untilRunning, untilStatus } from '../testing/node.ts';
import { noted, notingContainer, notingPod } from '../testing/noting-pod.ts';
import { endAll } from '../testing/remains.ts';

function sidecar(name: string, script = noted(name, 1)): Container {
  return notingContainer(name, script, { restartPolicy: 'Always' });
}

onEveryRuntime((podTest) => {
  podTest('sidecars start in turn before the others, and stop after them in reverse order', async (stage) => {
    const { node, kubelet } = stage;
    const init = notingContainer('i', 'echo +i >> /v/notes');
    const { pod, notes } = notingPod(node, 'order', noted('main', 1), {
      initContainers: [sidecar('s1'), init, sidecar('s2')],
    });
    kubelet.setPods([pod]);
    const status = await untilRunning(kubelet, pod);
    assert.deepEqual(
      status.initContainerStatuses?.map(({ name, state }) => [name, Object.keys(state ?? {})[0]]),
      [
        ['s1', 'running'],
        ['i', 'terminated'],
        ['s2', 'running'],
      ],
    );
    kubelet.setPods([]);
    await untilGone(kubelet, pod);
    assert.equal(notes(), '+s1 +i +s2 +main -main -s2 -s1');
    await endAll(node, kubelet, pod);
  });

  podTest('a sidecar is restarted, and does not keep a pod alive that is done', async ({ node, kubelet }) => {
    // The sidecar crashes once; the main container ends after it came back.
    const crashing = `test -e /v/crashed || { touch /v/crashed; exit 3; }; touch /v/back; ${forever}`;
    const { pod } = notingPod(node, 'done', 'until test -e /v/back; do sleep 0.1; done; exit 0', {
      restartPolicy: 'Never',
      initContainers: [sidecar('s', crashing)],
    });
    kubelet.setPods([pod]);
    const status = await untilStatus(kubelet, pod, 'is done', ({ phase }) => phase === 'Succeeded');
    const [restarted] = status.initContainerStatuses ?? [];
    assert.equal(restarted?.restartCount, 1);
    assert.equal(restarted?.lastState?.terminated?.exitCode, 3);
    await untilStatus(
      kubelet,
      pod,
      'has no sidecar',
      ({ initContainerStatuses }) => initContainerStatuses?.[0]?.state?.terminated !== undefined,
    );
    await endAll(node, kubelet, pod);
  });

  podTest(
    'a rule by exit code restarts a container of a pod that is never restarted',
    async ({ node, kubelet }) => {
      const rule = { action: 'Restart' as const, exitCodes: { operator: 'In' as const, values: [42] } };
      const { pod } = notingPod(
        node,
        'rule',
        'test -e /v/once && exit 1; touch /v/once; exit 42',
        { restartPolicy: 'Never' },
        { restartPolicy: 'Never', restartPolicyRules: [rule] },
      );
      kubelet.setPods([pod]);
      const status = await untilStatus(kubelet, pod, 'has failed', ({ phase }) => phase === 'Failed');
      const [container] = status.containerStatuses ?? [];
      assert.equal(container?.restartCount, 1);
      assert.equal(container?.lastState?.terminated?.exitCode, 42);
      assert.equal(container?.state?.terminated?.exitCode, 1);
      await endAll(node, kubelet, pod);
    },
  );

  podTest(
    'a rule by exit code restarts all containers of the pod in its sandbox',
    async ({ node, kubelet }) => {
      const rule = {
        action: 'RestartAllContainers' as const,
        exitCodes: { operator: 'In' as const, values: [7] },
      };
      const init = notingContainer('i', 'echo +i >> /v/notes');
      const { pod, notes } = notingPod(
        node,
        'all',
        `test -e /v/once || { sleep 1; touch /v/once; exit 7; }; ${noted('main')}`,
        { restartPolicy: 'Never', initContainers: [init, sidecar('s', noted('s'))] },
        { restartPolicy: 'Never', restartPolicyRules: [rule] },
      );
      kubelet.setPods([pod]);
      const status = await untilStatus(kubelet, pod, 'runs again', ({ containerStatuses }) => {
        const [main] = containerStatuses ?? [];
        return main?.restartCount === 1 && main.state?.running !== undefined;
      });
      await until('the main container is up', () => notes().includes('+main'));
      assert.equal(notes(), '+i +s -s +i +s +main');
      const counts = status.initContainerStatuses?.map(({ name, restartCount }) => [name, restartCount]);
      assert.deepEqual(counts, [
        ['i', 1],
        ['s', 1],
      ]);
      assert.equal(status.containerStatuses?.[0]?.lastState?.terminated?.reason, 'RestartingAllContainers');
      assert.equal((await node.cri.runtime.listPodSandbox({})).items.length, 1);
      await endAll(node, kubelet, pod);
    },
  );
});
