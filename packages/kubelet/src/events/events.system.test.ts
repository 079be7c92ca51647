// The events of real pods, in the real kubelet's words.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { testImage } from '@berth/test-support/pods.ts';
import { until } from '@berth/test-support/until.ts';
import type { Pod } from '../api/pod.ts';
import type { Kubelet } from '../kubelet.ts';
import { forever, shellPod, startTestNode, untilGone, untilRunning } from '../testing/node.ts';

/** The pod's events as lines, with the container's field before the message. */
function linesOf(kubelet: Kubelet, { metadata: { namespace, name } }: Pod): string[] {
  return kubelet.events
    .list(`${namespace}/${name}`)
    .map(({ type, reason, involvedObject: { fieldPath = '' }, message }) =>
      [type, reason, ...(fieldPath ? [fieldPath] : []), message].join(' '),
    );
}

function untilTold(kubelet: Kubelet, pod: Pod, line: RegExp): Promise<boolean> {
  return until(
    `an event ${line}`,
    () => linesOf(kubelet, pod).some((each) => line.test(each)),
    () => linesOf(kubelet, pod),
  );
}

const main = 'spec.containers{main}';
const present = `Container image "${testImage}" already present on machine and can be accessed by the pod`;

test('a pod starts, is restarted after failures and is stopped', async () => {
  await using node = await startTestNode('berthd');
  const kubelet = node.kubelet();
  const good = shellPod('good', forever);
  const bad = shellPod('bad', 'exit 3');
  const hooks = shellPod('hooks', forever, {}, { lifecycle: { preStop: { exec: { command: ['/none'] } } } });
  kubelet.setPods([good, bad, hooks]);
  await untilRunning(kubelet, good);
  await untilRunning(kubelet, hooks);
  const start = [
    `Normal Pulled ${main} ${present}`,
    `Normal Created ${main} Container created`,
    `Normal Started ${main} Container started`,
  ];
  assert.deepEqual(linesOf(kubelet, good), start);
  const { uid } = bad.metadata;
  await untilTold(kubelet, bad, /BackOff/);
  assert.ok(
    linesOf(kubelet, bad).includes(
      `Warning BackOff ${main} Back-off restarting failed container main in pod bad_default(${uid})`,
    ),
  );
  await until('the start is counted', () =>
    kubelet.events.list('default/bad').some(({ reason, count }) => reason === 'Started' && count > 1),
  );

  kubelet.setPods([]);
  for (const pod of [good, bad, hooks]) await untilGone(kubelet, pod);
  const stop = `Normal Killing ${main} Stopping container main`;
  assert.deepEqual(linesOf(kubelet, good), [...start, stop]);
  assert.deepEqual(linesOf(kubelet, hooks), [
    ...start,
    stop,
    `Warning FailedPreStopHook ${main} PreStopHook failed`,
  ]);
});

test('what keeps a pod from starting, and what restarts it', async () => {
  await using node = await startTestNode('berthd');
  const kubelet = node.kubelet();
  const missing = 'localhost:1/none:1';
  const image = shellPod('image', forever, {}, { image: missing, imagePullPolicy: 'IfNotPresent' });
  const never = shellPod('never', forever, {}, { image: missing, imagePullPolicy: 'Never' });
  const volume = shellPod(
    'volume',
    forever,
    { volumes: [{ name: 'v', hostPath: { path: '/nowhere', type: 'Directory' } }] },
    { volumeMounts: [{ name: 'v', mountPath: '/v' }] },
  );
  const hook = shellPod('hook', forever, {}, { lifecycle: { postStart: { exec: { command: ['/none'] } } } });
  const command = shellPod('command', '', {}, { command: ['/none'] });
  const livenessProbe = {
    exec: { command: ['/bin/false'] },
    periodSeconds: 1,
    timeoutSeconds: 1,
    successThreshold: 1,
    failureThreshold: 1,
  };
  const probe = shellPod('probe', forever, {}, { livenessProbe });
  kubelet.setPods([image, never, volume, hook, command, probe]);

  const wanted: [Pod, RegExp[]][] = [
    [
      image,
      [
        /^Normal Pulling spec\.containers\{main\} Pulling image "localhost:1\/none:1"$/,
        /^Warning Failed spec\.containers\{main\} Failed to pull image "localhost:1\/none:1": /,
        /^Warning Failed spec\.containers\{main\} Error: ErrImagePull$/,
        /^Normal BackOff spec\.containers\{main\} Back-off pulling image "localhost:1\/none:1"$/,
        /^Warning Failed spec\.containers\{main\} Error: ImagePullBackOff$/,
      ],
    ],
    [
      never,
      [
        /^Warning ErrImageNeverPull spec\.containers\{main\} Container image "localhost:1\/none:1" is not present with pull policy of Never$/,
        /^Warning Failed spec\.containers\{main\} Error: ErrImageNeverPull$/,
      ],
    ],
    [volume, [/^Warning FailedMount MountVolume\.SetUp failed for volume "v" : /]],
    [
      hook,
      [
        /^Warning FailedPostStartHook spec\.containers\{main\} PostStartHook failed$/,
        /^Normal Killing spec\.containers\{main\} FailedPostStartHook$/,
      ],
    ],
    [command, [/^Warning Failed spec\.containers\{main\} Error: /]],
    [
      probe,
      [
        /^Warning Unhealthy spec\.containers\{main\} Liveness probe failed: $/,
        /^Normal Killing spec\.containers\{main\} Container main failed liveness probe, will be restarted$/,
      ],
    ],
  ];
  for (const [pod, lines] of wanted) for (const line of lines) await untilTold(kubelet, pod, line);

  // The sandbox goes away beneath a pod that runs.
  const good = shellPod('good', forever);
  kubelet.setPods([good]);
  await untilRunning(kubelet, good);
  const { items } = await node.cri.runtime.listPodSandbox({});
  const sandbox = items.find(({ metadata }) => metadata?.name === 'good');
  await node.cri.runtime.stopPodSandbox({ podSandboxId: sandbox?.id ?? '' });
  await untilTold(
    kubelet,
    good,
    /^Normal SandboxChanged Pod sandbox changed, it will be killed and re-created\.$/,
  );
});
