// Whole pods on berthd and on containerd: what they see, what they reach, and that nothing stays when they go.

import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { detectCgroups } from '@berth/linux/cgroups/detect.ts';
import { cpuWeight } from '@berth/linux/cgroups/v2-files.ts';
import { until } from '@berth/test-support/until.ts';
import { podCgroup } from '../cgroups/cgroup-names.ts';
import { rotateLog } from '../logs/log-rotation.ts';
import { canMountWithoutSwap, nodeCapacity } from '../node/node-capacity.ts';
import { onEveryRuntime } from '../testing/every-runtime.ts';
import { forever, shellPod, untilRunning, untilStatus } from '../testing/node.ts';
import { testContainer } from '../testing/pod.ts';
import { endAll, logOf } from '../testing/remains.ts';

onEveryRuntime((podTest) => {
  podTest('a pod runs, logs, and leaves nothing', async ({ node, kubelet }) => {
    const pod = shellPod('plain', `echo hello; ${forever}`);
    kubelet.setPods([pod]);
    const status = await untilRunning(kubelet, pod);
    assert.equal(status.phase, 'Running');
    assert.match(status.podIP ?? '', /^10\./);
    assert.equal(status.qosClass, 'BestEffort');
    assert.match(status.containerStatuses?.[0]?.containerID ?? '', /^(?:berth|containerd):\/\/[0-9a-f]{64}$/);
    assert.ok(status.conditions?.every((condition) => condition.status === 'True'));
    await until('it logged', () => logOf(node, pod) === 'hello\n');
    const [link = ''] = readdirSync(join(node.dir, 'log', 'containers'));
    assert.match(link, /^plain_default_main-[0-9a-f]{64}\.log$/);
    assert.match(readFileSync(join(node.dir, 'log', 'containers', link), 'utf8'), /stdout F hello/);
    await endAll(node, kubelet, pod);
  });

  podTest('what a container sees of its pod', async ({ node, kubelet }) => {
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
    await untilStatus(kubelet, pod, 'has logged', () => logOf(node, pod).includes('2777'));
    const log = logOf(node, pod);
    assert.match(
      log,
      new RegExp(`^1\\|seen\\|${podIP}\\|192.0.2.1\\|500\\|1-\\$\\(A\\)\nseen\n${podIP}\tseen\n1234\n`),
    );
    assert.match(log, /\n0 2000 3000\n/);
    assert.match(log, /192\.0\.2\.9\tnine\n/);
    assert.match(log, /\n2777:2000\n/);
    const cgroups = detectCgroups();
    const { cgroupRoot, cgroupDriver } = node.options;
    const cgroup = podCgroup(cgroupRoot, cgroupDriver, 'Burstable', pod.metadata.uid);
    const limits =
      cgroups.version === 'v2'
        ? { 'cpu.weight': `${cpuWeight(102)}`, 'cpu.max': '50000 100000', 'memory.max': '67108864' }
        : { 'cpu.shares': '102', 'cpu.cfs_quota_us': '50000', 'memory.limit_in_bytes': '67108864' };
    for (const [file, limit] of Object.entries(limits)) {
      const [controller = ''] = file.split('.');
      const directory = cgroups.directory(cgroup, controller) ?? '';
      assert.equal(readFileSync(join(directory, file), 'utf8').trim(), limit, file);
    }
    await endAll(node, kubelet, pod);
  });

  podTest('init containers run in order, and share volumes with the rest', async ({ node, kubelet }) => {
    const mounts = [{ name: 'data', mountPath: '/data' }];
    const init = (name: string, script: string) =>
      testContainer({ name, command: ['/bin/sh', '-c', script], volumeMounts: mounts });
    const pod = shellPod(
      'init',
      `cat /data/x; df /mem | tail -n1; df /all | tail -n1; grep ' /all ' /proc/mounts; ${forever}`,
      {
        initContainers: [
          init('one', 'echo one > /data/x'),
          init('two', 'test -f /data/x && echo two >> /data/x'),
        ],
        volumes: [
          { name: 'data', emptyDir: {} },
          { name: 'mem', emptyDir: { medium: 'Memory', sizeLimit: '8Mi' } },
          { name: 'all', emptyDir: { medium: 'Memory' } },
        ],
      },
      {
        volumeMounts: [...mounts, { name: 'mem', mountPath: '/mem' }, { name: 'all', mountPath: '/all' }],
      },
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
    await untilStatus(kubelet, pod, 'has logged', () => /^tmpfs \/all /m.test(logOf(node, pod)));
    assert.match(logOf(node, pod), /^one\ntwo\ntmpfs +8192 /);
    // The kernel counts whole pages.
    const kibibytes = Math.ceil(nodeCapacity(node.dir).memoryBytes / 4096) * 4;
    assert.match(logOf(node, pod), new RegExp(`^tmpfs +${kibibytes} .* /all$`, 'm'));
    assert.equal(/^tmpfs \/all tmpfs \S*\bnoswap\b/m.test(logOf(node, pod)), canMountWithoutSwap());
    await endAll(node, kubelet, pod);
  });

  podTest('a log that is set aside goes on in a new file', async ({ node, kubelet }) => {
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
    await endAll(node, kubelet, pod);
  });

  podTest('a host port leads to the pod until it ends', async ({ node, kubelet }) => {
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
    await endAll(node, kubelet, pod);
    assert.equal(await answer(), undefined);
  });

  podTest('strict groups, on a runtime that knows them', async ({ runtime, node, kubelet }) => {
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
      await until('it logged', () => logOf(node, pod) === '1001 7\n');
    } else {
      const status = await untilStatus(kubelet, pod, 'is rejected', ({ phase }) => phase === 'Failed');
      assert.equal(status.reason, 'SupplementalGroupsPolicyNotSupported');
      assert.equal(
        status.message,
        'Pod was rejected: SupplementalGroupsPolicy=Strict is not supported in this node',
      );
    }
    await endAll(node, kubelet, pod);
  });
});
