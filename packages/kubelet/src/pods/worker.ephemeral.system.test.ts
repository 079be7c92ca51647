// Ephemeral containers: added to a pod that runs, in the process namespace of another container, and never restarted.
import assert from 'node:assert/strict';
import { until } from '@berth/test-support/until.ts';
import type { Pod } from '../api/pod.ts';
import { onEveryRuntime } from '../testing/every-runtime.ts';
import { statusOf, untilRunning, untilStatus } from '../testing/node.ts';
import { noted, notingContainer, notingPod } from '../testing/noting-pod.ts';
import { endAll } from '../testing/remains.ts';

/** The pod with these ephemeral containers: the same one, as its manifest has a UID of its own. */
function debugged(pod: Pod, ...ephemeralContainers: ReturnType<typeof notingContainer>[]): Pod {
  return { ...pod, spec: { ...pod.spec, ephemeralContainers } };
}

onEveryRuntime((podTest) => {
  podTest(
    'a container for debugging joins a running pod and sees the processes of its target',
    async (stage) => {
      const { node, kubelet } = stage;
      const { pod, notes } = notingPod(node, 'debugged', `: I am the target; ${noted('main')}`);
      kubelet.setPods([pod]);
      const before = await untilRunning(kubelet, pod);
      assert.equal(before.ephemeralContainerStatuses, undefined);

      const look = 'grep -c "I am the [t]arget" /proc/1/cmdline >> /v/notes';
      const sees = notingContainer('sees', look, { targetContainerName: 'main' });
      const alone = notingContainer('alone', `${look}; exit 5`);
      kubelet.setPods([debugged(pod, sees, alone)]);
      const status = await untilStatus(
        kubelet,
        pod,
        'was looked at',
        ({ ephemeralContainerStatuses }) =>
          ephemeralContainerStatuses?.every(({ state }) => state?.terminated) === true,
      );
      assert.deepEqual(
        status.ephemeralContainerStatuses?.map(({ name, state, ready, restartCount }) => [
          name,
          state?.terminated?.exitCode,
          ready,
          restartCount,
        ]),
        [
          ['alone', 5, false, 0],
          ['sees', 0, false, 0],
        ],
      );
      assert.equal(status.phase, 'Running');
      assert.equal(status.containerStatuses?.[0]?.restartCount, 0);
      assert.deepEqual(notes().split(' ').sort(), ['+main', '0', '1']);

      // Another one shows that the kubelet has looked at those before, and has not restarted them.
      kubelet.setPods([debugged(pod, sees, alone, notingContainer('third', 'echo third >> /v/notes'))]);
      await until('the third has run', () => notes().includes('third'));
      assert.deepEqual(notes().split(' ').sort(), ['+main', '0', '1', 'third']);
      assert.equal(statusOf(kubelet, pod)?.ephemeralContainerStatuses?.length, 3);
      await endAll(node, kubelet, pod);
    },
  );

  podTest('a container for debugging runs before its pod is initialized', async ({ node, kubelet }) => {
    const init = notingContainer('i', 'until test -e /v/go; do sleep 0.1; done');
    const { pod, notes } = notingPod(node, 'early', noted('main'), { initContainers: [init] });
    kubelet.setPods([debugged(pod, notingContainer('e', 'echo helped >> /v/notes; touch /v/go'))]);
    await untilRunning(kubelet, pod);
    await until('the pod runs', () => notes() === 'helped +main');
    await endAll(node, kubelet, pod);
  });

  podTest('the fields of a container for debugging take effect', async ({ node, kubelet }) => {
    const { pod } = notingPod(node, 'fields', noted('main'));
    kubelet.setPods([pod]);
    await untilRunning(kubelet, pod);
    node.objects.set('ConfigMap', 'settings', { COLOR: 'red' });
    const debug = notingContainer('debug', '', {
      command: ['/bin/sh', '-c', 'echo -n "$A $COLOR $0 $(pwd) $(id -u)" > /last; test -t 0 && exit 3'],
      args: ['argument'],
      env: [{ name: 'A', value: 'value' }],
      envFrom: [{ configMapRef: { name: 'settings' } }],
      workingDir: '/etc',
      stdin: true,
      tty: true,
      terminationMessagePath: '/last',
    });
    const words = notingContainer('words', 'grep CapEff /proc/self/status; id -u; exit 4', {
      terminationMessagePolicy: 'FallbackToLogsOnError',
      securityContext: { runAsUser: 1234, capabilities: { drop: ['ALL'] } },
    });
    kubelet.setPods([debugged(pod, debug, words)]);
    const { ephemeralContainerStatuses } = await untilStatus(
      kubelet,
      pod,
      'was debugged',
      (status) => status.ephemeralContainerStatuses?.every(({ state }) => state?.terminated) === true,
    );
    assert.deepEqual(
      ephemeralContainerStatuses?.map(({ name, state }) => [
        name,
        state?.terminated?.exitCode,
        state?.terminated?.message,
      ]),
      [
        ['debug', 3, 'value red argument /etc 0'],
        ['words', 4, 'CapEff:\t0000000000000000\n1234\n'],
      ],
    );
    await endAll(node, kubelet, pod);
  });
});
