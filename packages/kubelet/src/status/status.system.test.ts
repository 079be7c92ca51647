// What the status of a pod says of real containers, on berthd and on containerd.
import assert from 'node:assert/strict';
import { onEveryRuntime } from '../testing/every-runtime.ts';
import { forever, shellPod, untilRunning } from '../testing/node.ts';
import { endAll } from '../testing/remains.ts';

onEveryRuntime((podTest) => {
  podTest(
    'a running container shows its user, its resources and its signal',
    async ({ runtime, node, kubelet }) => {
      const resources = {
        requests: { cpu: '100m', memory: '16Mi' },
        limits: { cpu: '500m', memory: '64Mi' },
      };
      const pod = shellPod(
        'shown',
        forever,
        { securityContext: { runAsUser: 1000, runAsGroup: 1001, supplementalGroups: [2000] } },
        { resources },
      );
      kubelet.setPods([{ ...pod, metadata: { ...pod.metadata, generation: 2 } }]);
      const status = await untilRunning(kubelet, pod);
      const [container] = status.containerStatuses ?? [];
      assert.deepEqual(container?.resources, resources);
      assert.deepEqual(container.allocatedResources, resources.requests);
      assert.deepEqual([status.resources, status.allocatedResources], [resources, resources.requests]);
      assert.equal(status.observedGeneration, 2);
      assert.ok(status.conditions?.every(({ observedGeneration }) => observedGeneration === 2));
      // Debian's containerd tells neither users nor signals.
      if (runtime === 'berthd') {
        const { uid, gid, supplementalGroups = [] } = container.user?.linux ?? {};
        assert.deepEqual([uid, gid], [1000, 1001]);
        assert.ok(supplementalGroups.includes(2000), String(supplementalGroups));
        assert.equal(container.stopSignal, 'SIGTERM');
      } else assert.deepEqual([container.user, container.stopSignal], [undefined, undefined]);
      await endAll(node, kubelet, pod);
    },
  );

  podTest('a readiness gate that nobody opens keeps a pod unready', async ({ node, kubelet }) => {
    const pod = shellPod('gated', forever, { readinessGates: [{ conditionType: 'example.com/open' }] });
    kubelet.setPods([pod]);
    const { conditions = [] } = await untilRunning(kubelet, pod);
    const shown = (type: string) => {
      const { status, reason, message } = conditions.find((each) => each.type === type) ?? {};
      return [status, reason, message];
    };
    assert.deepEqual(shown('ContainersReady'), ['True', undefined, undefined]);
    assert.deepEqual(shown('Ready'), [
      'False',
      'ReadinessGatesNotReady',
      'corresponding condition of pod readiness gate "example.com/open" does not exist.',
    ]);
    await endAll(node, kubelet, pod);
  });
});
