// Probes of real containers, on berthd and on containerd.
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { testImage } from '@berth/test-support/pods.ts';
import { until } from '@berth/test-support/until.ts';
import type { Container, ContainerStatus, Pod, PodStatus } from '../api/pod.ts';
import type { Kubelet } from '../kubelet.ts';
import { onEveryRuntime } from '../testing/every-runtime.ts';
import { forever, shellPod, statusOf, type TestNode, untilRunning, untilStatus } from '../testing/node.ts';
import { testContainer } from '../testing/pod.ts';
import { testProbe } from '../testing/probe.ts';
import { endAll } from '../testing/remains.ts';

/** A pod of these containers, with a folder of the node at /v by which the test tells them what to do. */
function controlled(node: TestNode, name: string, containers: (Partial<Container> & { name: string })[]) {
  const folder = join(node.dir, name);
  mkdirSync(folder, { recursive: true });
  const volumeMounts = [{ name: 'v', mountPath: '/v' }];
  const pod = shellPod(name, '', { volumes: [{ name: 'v', hostPath: { path: folder } }] });
  pod.spec.containers = containers.map((each) => testContainer({ image: testImage, volumeMounts, ...each }));
  return {
    pod,
    set: (file: string) => writeFileSync(join(folder, file), 'yes'),
    unset: (file: string) => rmSync(join(folder, file)),
    lines: (file: string) => readFileSync(join(folder, file), 'utf8').split('\n').length - 1,
  };
}

const shell = (script: string) => ({ command: ['/bin/sh', '-c', script] });
const named = (status: PodStatus | undefined, name: string): ContainerStatus | undefined =>
  status?.containerStatuses?.find((each) => each.name === name);
const isReady = (status: PodStatus): boolean =>
  status.conditions?.find(({ type }) => type === 'Ready')?.status === 'True';
const readyNames = (status: PodStatus): string =>
  (status.containerStatuses ?? []).flatMap(({ ready, name }) => (ready ? [name] : [])).join(' ');

/** Every status that the kubelet shows of a pod until `stop`, by what `describe` says of it. */
function watch(kubelet: Kubelet, pod: Pod, describe: (status: PodStatus) => string) {
  const seen: string[] = [];
  const look = () => {
    const status = statusOf(kubelet, pod);
    const text = status && describe(status);
    if (text !== undefined && text !== seen.at(-1)) seen.push(text);
  };
  const timer = setInterval(look, 2);
  return () => {
    clearInterval(timer);
    look();
    return seen;
  };
}

onEveryRuntime((podTest) => {
  podTest('readiness follows exec, httpGet and tcpSocket probes', async ({ node, kubelet }) => {
    const failureThreshold = 2;
    const { pod, set, unset } = controlled(node, 'ready', [
      {
        name: 'exec',
        ...shell(forever),
        env: [{ name: 'FILE', value: '/v/ready' }],
        readinessProbe: testProbe({ exec: { command: ['test', '-f', '$(FILE)'] }, failureThreshold }),
      },
      {
        name: 'http',
        ...shell(`httpd -p 8080 -h /v; ${forever}`),
        ports: [{ name: 'web', containerPort: 8080 }],
        readinessProbe: testProbe({ httpGet: { port: 'web', path: '/ready' }, failureThreshold }),
      },
      {
        name: 'tcp',
        ...shell(`until test -f /v/ready; do sleep 1; done; httpd -p 8081; ${forever}`),
        readinessProbe: testProbe({ tcpSocket: { port: 8081 } }),
      },
      { name: 'without', ...shell(forever) },
    ]);
    kubelet.setPods([pod]);
    const before = await untilRunning(kubelet, pod);
    assert.equal(readyNames(before), 'without');
    assert.ok(before.containerStatuses?.every(({ started }) => started));
    const message = 'containers with unready status: [exec http tcp]';
    for (const type of ['Ready', 'ContainersReady']) {
      const { status, reason, message: text } = before.conditions?.find((each) => each.type === type) ?? {};
      assert.deepEqual([status, reason, text], ['False', 'ContainersNotReady', message]);
    }
    set('ready');
    const ready = await untilStatus(kubelet, pod, 'is ready', isReady);
    assert.equal(readyNames(ready), 'exec http tcp without');
    unset('ready');
    const after = await untilStatus(
      kubelet,
      pod,
      'is unready',
      (status) => readyNames(status) === 'tcp without',
    );
    assert.equal(isReady(after), false);
    assert.equal(named(after, 'exec')?.restartCount, 0);
    await endAll(node, kubelet, pod);
  });

  podTest(
    'a container has started when its startup probe says so, and then is ready',
    async ({ node, kubelet }) => {
      const { pod, set } = controlled(node, 'start', [
        {
          name: 'main',
          ...shell(forever),
          startupProbe: testProbe({ exec: { command: ['test', '-f', '/v/started'] }, failureThreshold: 60 }),
          readinessProbe: testProbe({ exec: { command: ['true'] } }),
        },
      ]);
      const stop = watch(kubelet, pod, ({ containerStatuses }) => {
        const [container] = containerStatuses ?? [];
        return `${container?.started ? 'started' : 'new'} ${container?.ready ? 'ready' : 'unready'}`;
      });
      kubelet.setPods([pod]);
      await untilRunning(kubelet, pod);
      set('started');
      await untilStatus(kubelet, pod, 'is ready', isReady);
      // The readiness probe may have run before anybody looked.
      assert.deepEqual(
        stop().filter((each) => each !== 'started unready'),
        ['new unready', 'started ready'],
      );
      await endAll(node, kubelet, pod);
    },
  );

  podTest('initialDelaySeconds and successThreshold put readiness off', async ({ node, kubelet }) => {
    const { pod, lines } = controlled(node, 'delayed', [
      {
        name: 'main',
        ...shell(`date +%s > /v/began; ${forever}`),
        readinessProbe: testProbe({
          exec: { command: ['/bin/sh', '-c', 'date +%s >> /v/probes'] },
          initialDelaySeconds: 3,
          successThreshold: 3,
        }),
      },
    ]);
    kubelet.setPods([pod]);
    await untilStatus(kubelet, pod, 'is ready', isReady);
    assert.ok(lines('probes') >= 3, `${lines('probes')} probes`);
    const seconds = (file: string) =>
      Number(readFileSync(join(node.dir, 'delayed', file), 'utf8').split('\n')[0]);
    // The container may take its time until it notes its start.
    assert.ok(seconds('probes') - seconds('began') >= 2, `${seconds('began')} ${seconds('probes')}`);
    await endAll(node, kubelet, pod);
  });

  podTest('a liveness probe that fails restarts its container alone', async ({ node, kubelet }) => {
    const { pod, set, unset } = controlled(node, 'live', [
      {
        name: 'main',
        ...shell(forever),
        livenessProbe: testProbe({
          exec: { command: ['test', '!', '-f', '/v/dead'] },
          failureThreshold: 2,
          terminationGracePeriodSeconds: 1,
        }),
      },
      { name: 'other', ...shell(forever), livenessProbe: testProbe({ exec: { command: ['true'] } }) },
    ]);
    kubelet.setPods([pod]);
    const before = await untilRunning(kubelet, pod);
    set('dead');
    const restarts = (status: PodStatus) => named(status, 'main')?.restartCount ?? 0;
    await untilStatus(kubelet, pod, 'was restarted', (status) => restarts(status) > 0);
    unset('dead');
    const after = await untilStatus(
      kubelet,
      pod,
      'tells how it ended',
      (status) => named(status, 'main')?.lastState?.terminated !== undefined,
    );
    assert.equal(named(after, 'other')?.containerID, named(before, 'other')?.containerID);
    await endAll(node, kubelet, pod);
  });

  podTest('a startup probe that never succeeds restarts its container', async ({ node, kubelet }) => {
    const { pod } = controlled(node, 'never', [
      {
        name: 'main',
        ...shell(forever),
        startupProbe: testProbe({ tcpSocket: { port: 9 }, failureThreshold: 1 }),
      },
    ]);
    kubelet.setPods([pod]);
    const status = await untilStatus(kubelet, pod, 'was restarted', ({ containerStatuses }) => {
      return (containerStatuses?.[0]?.restartCount ?? 0) >= 1;
    });
    assert.equal(status.containerStatuses?.[0]?.ready, false);
    await endAll(node, kubelet, pod);
  });

  podTest(
    'a kubelet that starts keeps a container ready, and probes no start again',
    async ({ node, kubelet: idle }) => {
      const { pod, lines, set } = controlled(node, 'kept', [
        {
          name: 'main',
          ...shell(forever),
          startupProbe: testProbe({ exec: { command: ['/bin/sh', '-c', 'echo x >> /v/starts'] } }),
          readinessProbe: testProbe({
            exec: { command: ['/bin/sh', '-c', 'echo x >> /v/probes; test ! -f /v/unready'] },
            failureThreshold: 2,
          }),
        },
      ]);
      // The stage's kubelet would end a pod that it does not know.
      await idle.stop();
      const first = node.kubelet();
      first.setPods([pod]);
      await untilStatus(first, pod, 'is ready', isReady);
      await first.stop();
      const second = node.kubelet();
      const stop = watch(second, pod, (status) =>
        named(status, 'main')?.state?.running ? `${named(status, 'main')?.started} ${isReady(status)}` : '',
      );
      second.setPods([pod]);
      await untilRunning(second, pod);
      const probes = lines('probes');
      await until('it is probed', () => lines('probes') >= probes + 2);
      assert.deepEqual(
        stop().filter((each) => each !== ''),
        ['true true'],
      );
      assert.equal(lines('starts'), 1);
      set('unready');
      await untilStatus(second, pod, 'is unready', (status) => !isReady(status));
      await endAll(node, second, pod);
      await second.stop();
    },
  );
});
