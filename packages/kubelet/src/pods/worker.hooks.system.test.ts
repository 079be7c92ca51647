// Hooks in real containers: what they do there, when they run, and what cuts them.
import assert from 'node:assert/strict';
import { until } from '@berth/test-support/until.ts';
import type { LifecycleHandler } from '../api/pod.ts';
import { onEveryRuntime } from '../testing/every-runtime.ts';
import { untilGone, untilRunning, untilStatus } from '../testing/node.ts';
import { noted, notingContainer, notingPod } from '../testing/noting-pod.ts';
import { endAll, logOf } from '../testing/remains.ts';

const exec = (script: string): LifecycleHandler => ({ exec: { command: ['/bin/sh', '-c', script] } });
const note = (text: string) => exec(`echo ${text} >> /v/notes`);

onEveryRuntime((podTest) => {
  podTest('postStart holds back the next container; preStop runs before the signal', async (stage) => {
    const { node, kubelet } = stage;
    const lifecycle = { postStart: exec('sleep 1; echo post >> /v/notes'), preStop: note('pre-s') };
    const sidecar = notingContainer('s', noted('s'), { restartPolicy: 'Always', lifecycle });
    const { pod, notes } = notingPod(
      node,
      'hooks',
      noted('main'),
      { initContainers: [sidecar] },
      { lifecycle: { preStop: exec('sleep 1; echo pre >> /v/notes') } },
    );
    kubelet.setPods([pod]);
    await untilRunning(kubelet, pod);
    await until('main has started', () => notes() === '+s post +main');
    kubelet.setPods([]);
    await untilGone(kubelet, pod);
    // All hooks run at once, also that of a sidecar which waits for its turn.
    assert.equal(notes(), '+s post +main pre-s pre -main -s');
    await endAll(node, kubelet, pod);
  });

  podTest('an httpGet hook reaches the container at a port by name', async ({ node, kubelet }) => {
    const httpGet = {
      port: 'web',
      path: '/bye?a=b',
      scheme: 'HTTP',
      httpHeaders: [{ name: 'A', value: 'b' }],
    };
    const { pod } = notingPod(
      node,
      'get',
      'busybox httpd -f -vv -p 8080 2>&1',
      { terminationGracePeriodSeconds: 2 },
      {
        ports: [{ name: 'web', containerPort: 8080 }],
        lifecycle: { postStart: exec('sleep 1'), preStop: { httpGet } },
      },
    );
    kubelet.setPods([pod]);
    await untilRunning(kubelet, pod);
    let log = '';
    kubelet.setPods([]);
    await until('the request was logged', () => {
      log = logOf(node, pod);
      return log.includes('url:/bye');
    });
    await endAll(node, kubelet, pod);
  });

  podTest('a postStart hook that fails ends its container', async ({ node, kubelet }) => {
    const postStart = exec('echo words; echo why >&2; exit 3');
    const { pod, notes } = notingPod(node, 'badstart', noted('main'), {}, { lifecycle: { postStart } });
    kubelet.setPods([pod]);
    const status = await untilStatus(kubelet, pod, 'shows the failure', ({ containerStatuses }) => {
      const [container] = containerStatuses ?? [];
      return (
        container?.state?.waiting?.reason === 'PostStartHookError' &&
        container.lastState?.terminated !== undefined
      );
    });
    const { uid } = pod.metadata;
    const command = '/bin/sh -c echo words; echo why >&2; exit 3';
    assert.equal(
      status.containerStatuses?.[0]?.state?.waiting?.message,
      `Exec lifecycle hook ([${command}]) for Container "main" in Pod "badstart_default(${uid})" failed - error: ` +
        `command '${command}' exited with 3: why\n, message: "words\\nwhy\\n"`,
    );
    assert.match(notes(), /^\+main -main/);
    await untilStatus(
      kubelet,
      pod,
      'is restarted',
      ({ containerStatuses }) => (containerStatuses?.[0]?.restartCount ?? 0) >= 2,
    );
    await endAll(node, kubelet, pod);
  });

  podTest(
    'a preStop hook that hangs is cut, and one of a container that ended does not run',
    async (stage) => {
      const { node, kubelet } = stage;
      const hangs = notingPod(
        node,
        'hangs',
        noted('main'),
        { terminationGracePeriodSeconds: 3 },
        { lifecycle: { preStop: exec('echo pre >> /v/notes; sleep 1000') } },
      );
      const ends = notingPod(
        node,
        'ends',
        'echo end >> /v/notes',
        { restartPolicy: 'Never' },
        { lifecycle: { preStop: note('pre') } },
      );
      kubelet.setPods([hangs.pod, ends.pod]);
      await untilRunning(kubelet, hangs.pod);
      await untilStatus(kubelet, ends.pod, 'has ended', ({ phase }) => phase === 'Succeeded');
      const began = performance.now();
      await endAll(node, kubelet, hangs.pod, ends.pod);
      const took = performance.now() - began;
      assert.ok(took >= 3000, `the hook had its grace period: ${took} ms`);
      assert.equal(hangs.notes(), '+main pre -main');
      assert.equal(ends.notes(), 'end');
    },
  );
});
