// The life of pods on berthd and on containerd: how they restart, fail, are replaced and end.

import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { testImage } from '@berth/test-support/pods.ts';
import { until } from '@berth/test-support/until.ts';
import { onEveryRuntime } from '../testing/every-runtime.ts';
import { forever, shellPod, statusOf, untilRunning, untilStatus } from '../testing/node.ts';
import { testContainer } from '../testing/pod.ts';
import { endAll, logOf } from '../testing/remains.ts';

onEveryRuntime((podTest) => {
  podTest(
    'a failing init container of a pod that is never restarted fails the pod',
    async ({ node, kubelet }) => {
      const bad = testContainer({ name: 'bad', command: ['/bin/false'] });
      const pod = shellPod('badinit', forever, { restartPolicy: 'Never', initContainers: [bad] });
      kubelet.setPods([pod]);
      const status = await untilStatus(kubelet, pod, 'failed', ({ phase }) => phase === 'Failed');
      assert.equal(status.initContainerStatuses?.[0]?.state?.terminated?.reason, 'Error');
      await endAll(node, kubelet, pod);
    },
  );

  podTest('restart policies', async ({ node, kubelet }) => {
    const done = shellPod('done', 'exit 0', { restartPolicy: 'OnFailure' });
    const failed = shellPod('failed', 'exit 3', { restartPolicy: 'Never' });
    const flaky = shellPod(
      'flaky',
      'test -f /data/x && exit 0; touch /data/x; exit 4',
      { restartPolicy: 'OnFailure', volumes: [{ name: 'data', emptyDir: {} }] },
      { volumeMounts: [{ name: 'data', mountPath: '/data' }] },
    );
    kubelet.setPods([done, failed, flaky]);
    await untilStatus(kubelet, done, 'succeeded', ({ phase }) => phase === 'Succeeded');
    const failure = await untilStatus(kubelet, failed, 'failed', ({ phase }) => phase === 'Failed');
    assert.equal(failure.containerStatuses?.[0]?.state?.terminated?.exitCode, 3);
    const success = await untilStatus(kubelet, flaky, 'succeeded', ({ phase }) => phase === 'Succeeded');
    assert.equal(success.containerStatuses?.[0]?.restartCount, 1);
    assert.equal(success.containerStatuses?.[0]?.lastState?.terminated?.exitCode, 4);
    await endAll(node, kubelet, done, failed, flaky);
  });

  podTest('a crashing container backs off, and keeps one dead predecessor', async ({ node, kubelet }) => {
    const pod = shellPod('crash', 'echo last words > /dev/termination-log; exit 7');
    kubelet.setPods([pod]);
    const status = await untilStatus(kubelet, pod, 'backs off after a restart', ({ containerStatuses }) => {
      const [container] = containerStatuses ?? [];
      return container?.state?.waiting?.reason === 'CrashLoopBackOff' && container.restartCount >= 2;
    });
    const [container] = status.containerStatuses ?? [];
    assert.equal(
      container?.state?.waiting?.message,
      `back-off 1s restarting failed container=main pod=crash_default(${pod.metadata.uid})`,
    );
    assert.equal(container?.lastState?.terminated?.message, 'last words\n');
    assert.equal(status.phase, 'Running');
    await until('one dead container is left', async () => {
      const { containers } = await node.cri.runtime.listContainers({});
      return containers.length === 1;
    });
    await endAll(node, kubelet, pod);
  });

  podTest('a changed manifest ends the old pod before the new one starts', async ({ node, kubelet }) => {
    const folder = join(node.dir, 'handover');
    mkdirSync(folder, { recursive: true });
    const volumes = [{ name: 'v', hostPath: { path: folder } }];
    const mounts = { volumeMounts: [{ name: 'v', mountPath: '/v' }] };
    const slowEnd = 'trap "sleep 1; touch /v/ended; exit 0" TERM; while true; do sleep 1 & wait $!; done';
    const spec = { volumes, terminationGracePeriodSeconds: 5 };
    const first = shellPod('same', slowEnd, spec, mounts);
    const second = shellPod('same', `ls /v; ${forever}`, { volumes }, mounts);
    kubelet.setPods([first]);
    await untilRunning(kubelet, first);
    kubelet.setPods([second]);
    assert.equal(statusOf(kubelet, second)?.phase, 'Pending');
    await untilRunning(kubelet, second);
    assert.equal(statusOf(kubelet, first), undefined);
    await until('it logged', () => logOf(node, second) === 'ended\n');
    await endAll(node, kubelet, first, second);
  });

  podTest(
    'a pod that ignores its signal is killed when its grace period is over',
    async ({ node, kubelet }) => {
      const pod = shellPod('stubborn', 'trap "" TERM; while true; do sleep 1; done', {
        terminationGracePeriodSeconds: 3,
      });
      kubelet.setPods([pod]);
      await untilRunning(kubelet, pod);
      const begin = performance.now();
      await endAll(node, kubelet, pod);
      const seconds = (performance.now() - begin) / 1000;
      assert.ok(seconds >= 2.9 && seconds < 8, `took ${seconds} s`);
    },
  );

  podTest('a dead sandbox is replaced', async ({ node, kubelet }) => {
    const pod = shellPod('reborn', forever);
    kubelet.setPods([pod]);
    const before = await untilRunning(kubelet, pod);
    const { items } = await node.cri.runtime.listPodSandbox({});
    await node.cri.runtime.stopPodSandbox({ podSandboxId: items[0]?.id ?? '' });
    await untilStatus(kubelet, pod, 'was restarted', ({ containerStatuses }) => {
      const [container] = containerStatuses ?? [];
      // A start counts too that came when the container had ended and its sandbox was still about to.
      return (container?.restartCount ?? 0) >= 1 && container?.state?.running !== undefined;
    });
    const sandboxes = await node.cri.runtime.listPodSandbox({ filter: { state: { state: 0 } } });
    assert.deepEqual(
      sandboxes.items.map((each) => each.metadata?.attempt),
      [1],
    );
    assert.equal(before.containerStatuses?.[0]?.restartCount, 0);
    await endAll(node, kubelet, pod);
  });

  podTest('an active deadline fails the pod', async ({ node, kubelet }) => {
    const pod = shellPod('late', forever, { activeDeadlineSeconds: 2 });
    kubelet.setPods([pod]);
    await untilRunning(kubelet, pod);
    const status = await untilStatus(kubelet, pod, 'failed', ({ phase }) => phase === 'Failed');
    assert.equal(status.reason, 'DeadlineExceeded');
    await endAll(node, kubelet, pod);
  });

  podTest(
    'two containers share the network, and one restart leaves the other alone',
    async ({ node, kubelet }) => {
      const pod = shellPod('pair', forever);
      const second = testContainer({
        name: 'other',
        image: testImage,
        command: ['/bin/sh', '-c', 'sleep 2; exit 1'],
      });
      pod.spec.containers.push(second);
      kubelet.setPods([pod]);
      const started = await untilRunning(kubelet, pod);
      const status = await untilStatus(kubelet, pod, 'restarted one', ({ containerStatuses }) =>
        (containerStatuses ?? []).some((each) => each.name === 'other' && each.restartCount > 0),
      );
      const idOf = (of: typeof status, name: string) =>
        of.containerStatuses?.find((each) => each.name === name)?.containerID;
      assert.equal(idOf(status, 'main'), idOf(started, 'main'));
      await endAll(node, kubelet, pod);
    },
  );
});
