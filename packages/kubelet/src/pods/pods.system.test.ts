// Whole pods on berthd and on containerd: what they see, how they restart, and that nothing stays when they go.
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { detectCgroups } from '@berth/linux/cgroups/detect.ts';
import { cpuWeight } from '@berth/linux/cgroups/v2-files.ts';
import { mountsBelow } from '@berth/linux/mount.ts';
import { testImage } from '../../../../test/support/pods.ts';
import type { Pod } from '../api/pod.ts';
import { PodCgroups } from '../cgroups/pod-cgroups.ts';
import { rotateLog } from '../containers/log-rotation.ts';
import type { Kubelet } from '../kubelet.ts';
import {
  shellPod,
  startTestNode,
  statusOf,
  type TestNode,
  testRuntimes,
  until,
  untilGone,
  untilRunning,
  untilStatus,
} from '../testing/node.ts';
import { testContainer } from '../testing/pod.ts';

for (const runtime of testRuntimes) {
  describe(runtime, () => {
    podTests(runtime);
  });
}

const forever = 'trap "exit 0" TERM; while true; do sleep 1 & wait $!; done';

function podTests(runtime: (typeof testRuntimes)[number]): void {
  let node: TestNode;
  let kubelet: Kubelet;

  before(async () => {
    node = await startTestNode(runtime);
    kubelet = node.kubelet();
    kubelet.setPods([]);
  });
  after(async () => {
    await kubelet.stop();
    await node[Symbol.asyncDispose]();
  });

  /** Ends all pods and asserts that nothing of them is left anywhere. */
  async function assertNothingLeft(...pods: Pod[]): Promise<void> {
    kubelet.setPods([]);
    for (const pod of pods) await untilGone(kubelet, pod);
    const { options, cri } = node;
    const { items } = await cri.runtime.listPodSandbox({});
    const { containers } = await cri.runtime.listContainers({});
    const list = (directory: string) => (existsSync(directory) ? readdirSync(directory) : []);
    assert.deepEqual(
      {
        items,
        containers,
        volumes: list(join(options.rootDir, 'pods')),
        mounts: mountsBelow(options.rootDir),
        logs: list(options.podLogsDir),
        links: list(join(node.dir, 'log', 'containers')),
        cgroups: [...new PodCgroups(detectCgroups(), options).pods()],
      },
      { items: [], containers: [], volumes: [], mounts: [], logs: [], links: [], cgroups: [] },
    );
  }

  function logOf(pod: Pod, container = 'main', restart = 0): string {
    const { namespace, name, uid } = pod.metadata;
    const text = readFileSync(
      join(node.options.podLogsDir, `${namespace}_${name}_${uid}`, container, `${restart}.log`),
      'utf8',
    );
    return text.replace(/^\S+ \S+ F /gm, '');
  }

  test('a pod runs, logs, and leaves nothing', async () => {
    const pod = shellPod('plain', `echo hello; ${forever}`);
    kubelet.setPods([pod]);
    const status = await untilRunning(kubelet, pod);
    assert.equal(status.phase, 'Running');
    assert.match(status.podIP ?? '', /^10\./);
    assert.equal(status.qosClass, 'BestEffort');
    assert.match(status.containerStatuses?.[0]?.containerID ?? '', /^(?:berth|containerd):\/\/[0-9a-f]{64}$/);
    assert.ok(status.conditions?.every((condition) => condition.status === 'True'));
    await until('it logged', () => logOf(pod) === 'hello\n');
    const [link = ''] = readdirSync(join(node.dir, 'log', 'containers'));
    assert.match(link, /^plain_default_main-[0-9a-f]{64}\.log$/);
    assert.match(readFileSync(join(node.dir, 'log', 'containers', link), 'utf8'), /stdout F hello/);
    await assertNothingLeft(pod);
  });

  test('what a container sees of its pod', async () => {
    const script = [
      'echo "$A|$NAME|$IP|$HOST|$CPU|$0"; hostname; grep "$IP" /etc/hosts; id -u; id -G; cat /etc/hosts',
      `stat -c %a:%g /data; ${forever}`,
    ].join('; ');
    const pod = shellPod(
      'seen',
      script,
      {
        securityContext: { runAsUser: 1234, fsGroup: 2000, supplementalGroups: [3000] },
        hostAliases: [{ ip: '192.0.2.9', hostnames: ['nine'] }],
        volumes: [{ name: 'data', emptyDir: {} }],
      },
      {
        command: ['/bin/sh', '-c', script, '$(A)-$$(A)'],
        env: [
          { name: 'A', value: '1' },
          { name: 'NAME', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
          { name: 'IP', valueFrom: { fieldRef: { fieldPath: 'status.podIP' } } },
          { name: 'HOST', valueFrom: { fieldRef: { fieldPath: 'status.hostIP' } } },
          { name: 'CPU', valueFrom: { resourceFieldRef: { resource: 'limits.cpu', divisor: '1m' } } },
        ],
        resources: { limits: { cpu: '500m', memory: '64Mi' }, requests: { cpu: '100m', memory: '64Mi' } },
        volumeMounts: [{ name: 'data', mountPath: '/data' }],
      },
    );
    kubelet.setPods([pod]);
    const { podIP, qosClass } = await untilRunning(kubelet, pod);
    assert.equal(qosClass, 'Burstable');
    await untilStatus(kubelet, pod, 'has logged', () => logOf(pod).includes('2777'));
    const log = logOf(pod);
    assert.match(
      log,
      new RegExp(`^1\\|seen\\|${podIP}\\|192.0.2.1\\|500\\|1-\\$\\(A\\)\nseen\n${podIP}\tseen\n1234\n`),
    );
    assert.match(log, /\n0 2000 3000\n/);
    assert.match(log, /192\.0\.2\.9\tnine\n/);
    assert.match(log, /\n2777:2000\n/);
    const cgroups = detectCgroups();
    const cgroup = `${node.options.cgroupRoot}/kubepods/burstable/pod${pod.metadata.uid}`;
    const limits =
      cgroups.version === 'v2'
        ? { 'cpu.weight': `${cpuWeight(102)}`, 'cpu.max': '50000 100000', 'memory.max': '67108864' }
        : { 'cpu.shares': '102', 'cpu.cfs_quota_us': '50000', 'memory.limit_in_bytes': '67108864' };
    for (const [file, limit] of Object.entries(limits)) {
      const [controller = ''] = file.split('.');
      const directory = cgroups.directory(cgroup, controller) ?? '';
      assert.equal(readFileSync(join(directory, file), 'utf8').trim(), limit, file);
    }
    await assertNothingLeft(pod);
  });

  test('init containers run in order, and share volumes with the rest', async () => {
    const mounts = [{ name: 'data', mountPath: '/data' }];
    const init = (name: string, script: string) =>
      testContainer({ name, command: ['/bin/sh', '-c', script], volumeMounts: mounts });
    const pod = shellPod(
      'init',
      `cat /data/x; df /mem | tail -n1; ${forever}`,
      {
        initContainers: [
          init('one', 'echo one > /data/x'),
          init('two', 'test -f /data/x && echo two >> /data/x'),
        ],
        volumes: [
          { name: 'data', emptyDir: {} },
          { name: 'mem', emptyDir: { medium: 'Memory', sizeLimit: '8Mi' } },
        ],
      },
      { volumeMounts: [...mounts, { name: 'mem', mountPath: '/mem' }] },
    );
    kubelet.setPods([pod]);
    const status = await untilRunning(kubelet, pod);
    assert.deepEqual(
      status.initContainerStatuses?.map((each) => [each.name, each.state?.terminated?.exitCode, each.ready]),
      [
        ['one', 0, true],
        ['two', 0, true],
      ],
    );
    await untilStatus(kubelet, pod, 'has logged', () => logOf(pod).includes('/mem'));
    assert.match(logOf(pod), /^one\ntwo\ntmpfs +8192 /);
    await assertNothingLeft(pod);
  });

  test('a failing init container of a pod that is never restarted fails the pod', async () => {
    const bad = testContainer({ name: 'bad', command: ['/bin/false'] });
    const pod = shellPod('badinit', forever, { restartPolicy: 'Never', initContainers: [bad] });
    kubelet.setPods([pod]);
    const status = await untilStatus(kubelet, pod, 'failed', ({ phase }) => phase === 'Failed');
    assert.equal(status.initContainerStatuses?.[0]?.state?.terminated?.reason, 'Error');
    await assertNothingLeft(pod);
  });

  test('a log that is set aside goes on in a new file', async () => {
    const pod = shellPod('chatty', 'while true; do echo line; sleep 0.05; done');
    kubelet.setPods([pod]);
    const status = await untilRunning(kubelet, pod);
    const id = status.containerStatuses?.[0]?.containerID?.replace(/^.*:\/\//, '') ?? '';
    const directory = join(node.options.podLogsDir, `default_chatty_${pod.metadata.uid}`, 'main');
    const path = join(directory, '0.log');
    await until('it logs', () => statSync(path).size > 100);
    await rotateLog({ id, path }, { maxBytes: 10, maxFiles: 3 }, node.cri.runtime);
    await until('it logs again', () => existsSync(path) && statSync(path).size > 100);
    assert.equal(readdirSync(directory).length, 2);
    await assertNothingLeft(pod);
  });

  test('restart policies', async () => {
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
    await assertNothingLeft(done, failed, flaky);
  });

  test('a crashing container backs off, and keeps one dead predecessor', async () => {
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
    await assertNothingLeft(pod);
  });

  test('a changed manifest ends the old pod before the new one starts', async () => {
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
    await until('it logged', () => logOf(second) === 'ended\n');
    await assertNothingLeft(first, second);
  });

  test('a pod that ignores its signal is killed when its grace period is over', async () => {
    const pod = shellPod('stubborn', 'trap "" TERM; while true; do sleep 1; done', {
      terminationGracePeriodSeconds: 3,
    });
    kubelet.setPods([pod]);
    await untilRunning(kubelet, pod);
    const begin = performance.now();
    await assertNothingLeft(pod);
    const seconds = (performance.now() - begin) / 1000;
    assert.ok(seconds >= 2.9 && seconds < 8, `took ${seconds} s`);
  });

  test('a dead sandbox is replaced', async () => {
    const pod = shellPod('reborn', forever);
    kubelet.setPods([pod]);
    const before = await untilRunning(kubelet, pod);
    const { items } = await node.cri.runtime.listPodSandbox({});
    await node.cri.runtime.stopPodSandbox({ podSandboxId: items[0]?.id ?? '' });
    await untilStatus(kubelet, pod, 'was restarted', ({ containerStatuses }) => {
      const [container] = containerStatuses ?? [];
      return container?.restartCount === 1 && container.state?.running !== undefined;
    });
    const sandboxes = await node.cri.runtime.listPodSandbox({ filter: { state: { state: 0 } } });
    assert.deepEqual(
      sandboxes.items.map((each) => each.metadata?.attempt),
      [1],
    );
    assert.equal(before.containerStatuses?.[0]?.restartCount, 0);
    await assertNothingLeft(pod);
  });

  test('a host port leads to the pod until it ends', async () => {
    const script = 'echo served > /tmp/index.html; exec httpd -f -p 8080 -h /tmp';
    const hostPort = 23_872;
    const ports = [{ containerPort: 8080, hostPort, protocol: 'TCP' }];
    const pod = shellPod('served', script, {}, { ports });
    const [address] = Object.values(networkInterfaces())
      .flat()
      .filter((each) => each?.family === 'IPv4' && !each.internal);
    const answer = () =>
      fetch(`http://${address?.address}:${hostPort}/`).then(
        (response) => response.text(),
        () => undefined,
      );
    kubelet.setPods([pod]);
    await untilRunning(kubelet, pod);
    await until('the port answers', async () => (await answer()) === 'served\n');
    await assertNothingLeft(pod);
    assert.equal(await answer(), undefined);
  });

  test('strict groups, on a runtime that knows them', async () => {
    const pod = shellPod(
      'strict',
      `id -G; ${forever}`,
      { securityContext: { supplementalGroups: [7], supplementalGroupsPolicy: 'Strict' } },
      { securityContext: { runAsUser: 1000 } },
    );
    kubelet.setPods([pod]);
    if (runtime === 'berthd') {
      await untilRunning(kubelet, pod);
      // Merged, there would be group 1002 of the image too.
      await until('it logged', () => logOf(pod) === '1001 7\n');
    } else {
      const status = await untilStatus(
        kubelet,
        pod,
        'is refused',
        ({ containerStatuses }) => containerStatuses?.[0]?.state?.waiting?.message !== undefined,
      );
      assert.match(
        status.containerStatuses?.[0]?.state?.waiting?.message ?? '',
        /^spec\.securityContext\.supplementalGroupsPolicy: .*Strict is not supported in this node/,
      );
    }
    await assertNothingLeft(pod);
  });

  test('an active deadline fails the pod', async () => {
    const pod = shellPod('late', forever, { activeDeadlineSeconds: 2 });
    kubelet.setPods([pod]);
    await untilRunning(kubelet, pod);
    const status = await untilStatus(kubelet, pod, 'failed', ({ phase }) => phase === 'Failed');
    assert.equal(status.reason, 'DeadlineExceeded');
    await assertNothingLeft(pod);
  });

  test('two containers share the network, and one restart leaves the other alone', async () => {
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
    await assertNothingLeft(pod);
  });
}
