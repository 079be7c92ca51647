// Critical pods make room for themselves, and pods that a node can not run are told why.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { until } from '@berth/test-support/until.ts';
import type { Pod, PodSpec } from '../api/pod.ts';
import { isAppArmorEnabled } from '../node/app-armor.ts';
import { podLogDir } from '../paths/pod-paths.ts';
import { shellIn } from '../testing/exec.ts';
import { forever, shellPod, startTestNode, statusOf, untilRunning, untilStatus } from '../testing/node.ts';
import { endAll } from '../testing/remains.ts';

const cpus = availableParallelism();
const request = (share: number) => ({
  resources: { requests: { cpu: `${Math.floor(cpus * share * 1000)}m` } },
});

/** A pod that came from a manifest, which makes it critical, with a priority. */
function staticPod(name: string, priority: number, share: number, script = forever): Pod {
  const pod = shellPod(name, script, { priority, terminationGracePeriodSeconds: 5 }, request(share));
  pod.metadata.annotations = { 'kubernetes.io/config.source': 'file' };
  return pod;
}

test('a critical pod starts when those that it preempts have ended', async () => {
  await using node = await startTestNode('berthd');
  const slow = 'trap "sleep 1; echo ended; exit 0" TERM; while true; do sleep 0.1; done';
  const small = staticPod('small', 1, 0.2);
  const large = staticPod('large', 1, 0.7, slow);
  const critical = staticPod('critical', 2_000_001_000, 0.6);
  const kubelet = node.kubelet();
  kubelet.setPods([small, large]);
  await untilRunning(kubelet, small);
  await untilRunning(kubelet, large);
  kubelet.setPods([small, large, critical]);
  const status = statusOf(kubelet, large);
  assert.deepEqual(
    [status?.phase, status?.reason, status?.message],
    ['Failed', 'Preempting', 'Preempted in order to admit critical pod'],
  );
  const condition = status?.conditions?.find(({ type }) => type === 'DisruptionTarget');
  const { lastTransitionTime: _, ...rest } = condition ?? {};
  assert.deepEqual(rest, {
    type: 'DisruptionTarget',
    status: 'True',
    reason: 'TerminationByKubelet',
    message: 'Pod was preempted by Kubelet to accommodate a critical pod.',
  });
  // It has not begun while the other still runs.
  assert.equal(statusOf(kubelet, critical)?.containerStatuses?.[0]?.state?.running, undefined);
  const { containerStatuses } = await untilRunning(kubelet, critical);
  const ended = statusOf(kubelet, large)?.containerStatuses?.[0]?.state?.terminated;
  assert.equal(ended?.exitCode, 0);
  const started = containerStatuses?.[0]?.state?.running?.startedAt ?? '';
  assert.ok((ended?.finishedAt ?? '~') <= started, `${ended?.finishedAt} is later than ${started}`);
  const log = readFileSync(join(podLogDir(node.options, large.metadata), 'main', '0.log'), 'utf8');
  assert.match(log, /ended\n$/);
  assert.equal(statusOf(kubelet, small)?.phase, 'Running');

  // It stays so after a restart, and with its manifest the pod is gone.
  await kubelet.stop();
  const next = node.kubelet();
  next.setPods([small, large, critical]);
  await until('the kubelet has begun', () => next.runtimeReady());
  assert.equal(statusOf(next, large)?.reason, 'Preempting');
  const { containers } = await node.cri.runtime.listContainers({});
  assert.deepEqual(
    containers
      .filter(({ state }) => state === 1)
      .map(({ labels }) => labels['io.kubernetes.pod.name'])
      .sort(),
    ['critical', 'small'],
  );
  await endAll(node, next, small, large, critical);
});

test('pods that the node can not run are Failed with the reason of the real kubelet', async () => {
  await using node = await startTestNode('berthd');
  const kubelet = node.kubelet({ allowedUnsafeSysctls: ['net.core.*'] });
  const sysctl = (name: string, value: string): Partial<PodSpec> => ({
    securityContext: { sysctls: [{ name, value }] },
  });
  const elsewhere: Record<'selector' | 'affinity', Partial<PodSpec>> = {
    selector: { nodeSelector: { 'kubernetes.io/os': 'plan9' } },
    affinity: {
      affinity: {
        nodeAffinity: {
          requiredDuringSchedulingIgnoredDuringExecution: {
            nodeSelectorTerms: [
              { matchExpressions: [{ key: 'kubernetes.io/os', operator: 'NotIn', values: ['linux'] }] },
            ],
          },
        },
      },
    },
  };
  const allowed = shellPod('allowed', forever, {
    nodeSelector: { 'kubernetes.io/os': 'linux' },
    securityContext: {
      sysctls: [
        { name: 'net/core/somaxconn', value: '77' },
        { name: 'kernel.shm_rmid_forced', value: '1' },
      ],
    },
  });
  const cases: [Pod, reason: string, message: string][] = [
    [
      shellPod('sysctl', forever, sysctl('vm.swappiness', '1')),
      'SysctlForbidden',
      'forbidden sysctl: "vm.swappiness" not allowlisted',
    ],
    [
      shellPod('os', forever, { os: { name: 'windows' } }),
      'PodOSNotSupported',
      "Failed to admit pod as the OS field doesn't match node OS",
    ],
    [
      shellPod('node', forever, { nodeName: 'elsewhere' }),
      'NodeName',
      "Predicate NodeName failed: node(s) didn't match the requested node name",
    ],
    ...(['selector', 'affinity'] as const).map((name): [Pod, string, string] => [
      shellPod(name, forever, elsewhere[name]),
      'NodeAffinity',
      "Predicate NodeAffinity failed: node(s) didn't match Pod's node affinity/selector",
    ]),
    [
      staticPod('huge', 1, 2),
      'UnexpectedAdmissionError',
      `Unexpected error while attempting to recover from admission failure: preemption: error finding a set of pods to preempt: no set of running pods found to reclaim resources: [(res: cpu, q: ${cpus * 1000}), ]`,
    ],
  ];
  if (!isAppArmorEnabled()) {
    const armored = { securityContext: { appArmorProfile: { type: 'RuntimeDefault' } } };
    cases.push([
      shellPod('armored', forever, armored),
      'AppArmor',
      'Cannot enforce AppArmor: AppArmor is not enabled on the host',
    ]);
  }
  kubelet.setPods([allowed, ...cases.map(([pod]) => pod)]);
  for (const [pod, reason, message] of cases) {
    const status = await untilStatus(kubelet, pod, 'is rejected', ({ phase }) => phase === 'Failed');
    assert.deepEqual([status.reason, status.message], [reason, `Pod was rejected: ${message}`]);
  }
  await untilRunning(kubelet, allowed);
  const sysctls = 'cat /proc/sys/net/core/somaxconn /proc/sys/kernel/shm_rmid_forced';
  assert.equal((await shellIn(node, allowed, sysctls)).output, '77\n1\n');
  await endAll(node, kubelet, allowed, ...cases.map(([pod]) => pod));
});
