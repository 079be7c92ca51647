// Resources that change in the manifest of a running pod: what the cgroups of the container and of the pod have then.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { detectCgroups } from '@berth/linux/cgroups/detect.ts';
import { until } from '@berth/test-support/until.ts';
import type { ContainerStatus, Pod, PodStatus, ResourceRequirements } from '../../api/pod.ts';
import { podCgroup } from '../../cgroups/cgroup-names.ts';
import type { Kubelet } from '../../kubelet.ts';
import { onEveryRuntime } from '../../testing/every-runtime.ts';
import { shellIn } from '../../testing/exec.ts';
import {
  forever,
  shellPod,
  startTestNode,
  type TestNode,
  untilRunning,
  untilStatus,
} from '../../testing/node.ts';
import { endAll } from '../../testing/remains.ts';

const mib = 1024 ** 2;

/** Requests below limits, so that the pod stays burstable. */
const sized = (cpu: string, memory: string): ResourceRequirements => ({
  requests: { cpu: '50m', memory: '16Mi' },
  limits: { cpu, memory },
});

/** The next version of the pod: the same UID, and other resources of container `main`. */
function resized(pod: Pod, resources: ResourceRequirements): Pod {
  const containers = pod.spec.containers.map((each) =>
    each.name === 'main' ? { ...each, resources } : each,
  );
  return { ...pod, spec: { ...pod.spec, containers } };
}

/** `QUOTA MEMORY`: microseconds in each period of 100 ms, and bytes. */
const ownLimits =
  'cat /sys/fs/cgroup/cpu.max /sys/fs/cgroup/memory.max 2>/dev/null || ' +
  'cat /sys/fs/cgroup/cpu/cpu.cfs_quota_us /sys/fs/cgroup/memory/memory.limit_in_bytes';

async function limitsOfContainer(node: TestNode, pod: Pod): Promise<string> {
  const { output } = await shellIn(node, pod, ownLimits);
  const [quota = '', memory = ''] = output.trim().split('\n');
  return `${quota.split(' ')[0]} ${memory}`;
}

function limitsOfPod({ options }: TestNode, pod: Pod): string {
  const cgroups = detectCgroups();
  const path = podCgroup(options.cgroupRoot, options.cgroupDriver, 'Burstable', pod.metadata.uid);
  const read = (controller: string, file: string): string =>
    readFileSync(join(cgroups.directory(path, controller) ?? '', file), 'utf8').trim();
  return cgroups.version === 'v2'
    ? `${read('cpu', 'cpu.max').split(' ')[0]} ${read('memory', 'memory.max')}`
    : `${read('cpu', 'cpu.cfs_quota_us')} ${read('memory', 'memory.limit_in_bytes')}`;
}

const mainOf = ({ containerStatuses = [] }: PodStatus): ContainerStatus | undefined =>
  containerStatuses.find(({ name }) => name === 'main');

const conditionOf = ({ conditions = [] }: PodStatus, type: string) =>
  conditions.find((each) => each.type === type);

/** Waits until the status shows these limits and no resize, and returns it. */
function untilResized(kubelet: Kubelet, pod: Pod, limits: Record<string, string>): Promise<PodStatus> {
  return untilStatus(kubelet, pod, `has ${JSON.stringify(limits)}`, (status) => {
    const shown = mainOf(status)?.resources?.limits ?? {};
    return (
      Object.entries(limits).every(([name, quantity]) => shown[name] === quantity) &&
      mainOf(status)?.state?.running !== undefined &&
      conditionOf(status, 'PodResizeInProgress') === undefined
    );
  });
}

onEveryRuntime((podTest) => {
  podTest('a container gets more and less while it runs', async ({ node, kubelet }) => {
    const pod = shellPod('resized', forever, {}, { resources: sized('100m', '64Mi') });
    kubelet.setPods([pod]);
    const before = mainOf(await untilRunning(kubelet, pod));
    assert.equal(await limitsOfContainer(node, pod), `10000 ${64 * mib}`);

    for (const [cpu, memory, limits] of [
      ['200m', '128Mi', `20000 ${128 * mib}`],
      ['150m', '32Mi', `15000 ${32 * mib}`],
    ] as const) {
      kubelet.setPods([resized(pod, sized(cpu, memory))]);
      const after = mainOf(await untilResized(kubelet, pod, { cpu, memory }));
      assert.equal(await limitsOfContainer(node, pod), limits);
      assert.equal(limitsOfPod(node, pod), limits);
      assert.deepEqual([after?.containerID, after?.restartCount], [before?.containerID, 0]);
    }
    await endAll(node, kubelet, pod);
  });

  podTest('a container whose policy asks for it restarts', async ({ node, kubelet }) => {
    const resizePolicy = [{ resourceName: 'memory', restartPolicy: 'RestartContainer' }];
    const pod = shellPod('restarts', forever, {}, { resources: sized('100m', '64Mi'), resizePolicy });
    kubelet.setPods([pod]);
    const before = mainOf(await untilRunning(kubelet, pod));

    kubelet.setPods([resized(pod, sized('200m', '64Mi'))]);
    const same = mainOf(await untilResized(kubelet, pod, { cpu: '200m' }));
    assert.deepEqual([same?.containerID, same?.restartCount], [before?.containerID, 0]);

    kubelet.setPods([resized(pod, sized('200m', '128Mi'))]);
    const other = mainOf(await untilResized(kubelet, pod, { memory: '128Mi' }));
    assert.notEqual(other?.containerID, before?.containerID);
    assert.equal(other?.restartCount, 1);
    assert.equal(await limitsOfContainer(node, pod), `20000 ${128 * mib}`);
    assert.equal(limitsOfPod(node, pod), `20000 ${128 * mib}`);
    await endAll(node, kubelet, pod);
  });

  podTest('what is used is not taken away, and what does not fit waits', async ({ node, kubelet }) => {
    // The shell keeps the text, which is more than the new limit.
    const script = `a=$(head -c 12000000 /dev/zero | tr '\\0' x); ${forever}`;
    const pod = shellPod('full', script, {}, { resources: sized('500m', '64Mi') });
    kubelet.setPods([pod]);
    const before = mainOf(await untilRunning(kubelet, pod));
    const { runtime } = node.cri;
    const id = before?.containerID?.split('://')[1] ?? '';
    await until('it uses memory', async () => {
      const { stats } = await runtime.containerStats({ containerId: id });
      return (stats?.memory?.usageBytes?.value ?? 0n) > 11_000_000n;
    });
    const smaller = { requests: { cpu: '50m', memory: '4Mi' }, limits: { cpu: '500m', memory: '8Mi' } };
    kubelet.setPods([resized(pod, smaller)]);
    const failed = await untilStatus(kubelet, pod, 'cannot shrink', (status) =>
      /^cannot decrease memory limits: /.test(conditionOf(status, 'PodResizeInProgress')?.message ?? ''),
    );
    assert.equal(conditionOf(failed, 'PodResizeInProgress')?.reason, 'Error');
    assert.equal(limitsOfPod(node, pod), `50000 ${64 * mib}`);

    const larger = { requests: { cpu: '9000', memory: '16Mi' }, limits: { cpu: '9000', memory: '64Mi' } };
    kubelet.setPods([resized(pod, larger)]);
    const deferred = await untilStatus(
      kubelet,
      pod,
      'waits for room',
      (status) => conditionOf(status, 'PodResizePending')?.reason === 'Deferred',
    );
    assert.match(
      conditionOf(deferred, 'PodResizePending')?.message ?? '',
      /^Node didn't have enough resource: cpu/,
    );

    kubelet.setPods([pod]);
    const reverted = await untilStatus(
      kubelet,
      pod,
      'has what it had',
      (status) => !(status.conditions ?? []).some(({ type }) => type.startsWith('PodResize')),
    );
    assert.deepEqual(
      [mainOf(reverted)?.containerID, mainOf(reverted)?.restartCount],
      [before?.containerID, 0],
    );
    await endAll(node, kubelet, pod);
  });
});

test('the next kubelet resizes a pod whose manifest changed meanwhile', async () => {
  await using node = await startTestNode('berthd');
  const pod = shellPod('adopted', forever, {}, { resources: sized('100m', '64Mi') });
  const first = node.kubelet();
  first.setPods([pod]);
  const before = mainOf(await untilRunning(first, pod));
  await first.stop();
  const next = node.kubelet();
  next.setPods([resized(pod, sized('200m', '64Mi'))]);
  const after = mainOf(await untilResized(next, pod, { cpu: '200m' }));
  assert.equal(await limitsOfContainer(node, pod), `20000 ${64 * mib}`);
  assert.deepEqual([after?.containerID, after?.restartCount], [before?.containerID, 0]);
  await endAll(node, next, pod);
});
