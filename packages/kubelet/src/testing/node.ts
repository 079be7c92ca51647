// A node for system tests: a runtime of its own, its network, and kubelets on it.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type CriClient, connectCri } from '@berth/cri/client/client.ts';
import { detachBelow } from '@berth/linux/mounts/mount.ts';
import { layOutBerthd, startBerthd } from '@berth/test-support/berthd.ts';
import { removeTestCgroup, testCgroup, testCgroupDriver } from '@berth/test-support/cgroup-driver.ts';
import { startContainerd } from '@berth/test-support/containerd.ts';
import { moveHugetlbToV1 } from '@berth/test-support/hugetlb.ts';
import { loadTestImage } from '@berth/test-support/images.ts';
import { patience } from '@berth/test-support/machine-speed.ts';
import { PodNetwork } from '@berth/test-support/pod-network.ts';
import { testImage } from '@berth/test-support/pods.ts';
import { scratchDir } from '@berth/test-support/scratch.ts';
import { until } from '@berth/test-support/until.ts';
import type { Container, Pod, PodSpec, PodStatus } from '../api/pod.ts';
import type { ApiConnection } from '../apiserver/api-connection.ts';
import { Kubelet } from '../kubelet.ts';
import type { KubeletOptions } from '../options/kubelet-options.ts';
import { TestObjects } from './objects.ts';
import { testOptions } from './options.ts';
import { testPod } from './pod.ts';

/** A runtime to run kubelets on; what it made goes with it. */
export interface TestNode extends AsyncDisposable {
  dir: string;
  cri: CriClient;
  options: KubeletOptions;
  /** The ConfigMaps and Secrets of this node's kubelets. */
  objects: TestObjects;
  /** Kills the runtime and starts it again, on berthd. */
  restartRuntime(whileDown: () => Promise<void>): Promise<void>;
  /** A kubelet in this process, stopped with the node at the latest; `api` is that of its cluster. */
  kubelet(changes?: Partial<KubeletOptions>, api?: ApiConnection): Kubelet;
}

/** Which runtimes whole-pod tests run on: the peer too, unless BERTH_TEST_PEERS says no. */
export const testRuntimes =
  process.env['BERTH_TEST_PEERS'] === 'no' ? (['berthd'] as const) : (['berthd', 'containerd'] as const);

/** Starts a runtime with the test image, a bridge of its own, and all kubelet folders below one directory. */
export async function startTestNode(runtime: (typeof testRuntimes)[number]): Promise<TestNode> {
  moveHugetlbToV1();
  await using resources = new AsyncDisposableStack();
  const { path: dir } = resources.use(scratchDir('kubelet'));
  const id = randomBytes(3).toString('hex');
  const network = resources.use(await PodNetwork.take('kubelettest'));
  // A root of the kubelet's is named without the suffix of a slice.
  const cgroupRoot = `/kubelettest${id}`;
  resources.defer(() => removeTestCgroup(testCgroup(cgroupRoot.slice(1))));
  const start = runtime === 'berthd' ? startBerthdIn : startContainerdIn;
  const { socket, restart } = await start(dir, network, resources);
  const cri = connectCri(socket, { timeoutMs: patience(30_000) });
  resources.defer(() => cri.close());
  // A test that failed may have left pods.
  resources.defer(() => removeAllPods(cri, dir));
  const options = testOptions({
    rootDir: join(dir, 'kubelet'),
    podLogsDir: join(dir, 'log', 'pods'),
    containerRuntimeEndpoint: socket,
    imageServiceEndpoint: socket,
    cgroupRoot,
    cgroupDriver: runtime === 'berthd' ? testCgroupDriver : 'cgroupfs',
    resolvConf: existsSync('/etc/resolv.conf') ? '/etc/resolv.conf' : '',
  });
  const objects = new TestObjects();
  const owned = resources.move();
  return {
    dir,
    cri,
    options,
    objects,
    restartRuntime: restart,
    kubelet: (changes = {}, api?: ApiConnection) => {
      const kubelet = new Kubelet({
        cri: connectCri(socket, { timeoutMs: patience(30_000) }),
        options: { ...options, ...changes },
        version: 'v1.37.0+test',
        ...(api && { api }),
      });
      objects.giveTo(kubelet);
      owned.defer(() => kubelet.stop());
      return kubelet;
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

async function removeAllPods({ runtime }: CriClient, dir: string): Promise<void> {
  for (const { id } of (await runtime.listPodSandbox({})).items) {
    await runtime.stopPodSandbox({ podSandboxId: id });
    await runtime.removePodSandbox({ podSandboxId: id });
  }
  detachBelow(join(dir, 'kubelet'));
}

interface StartedRuntime {
  socket: string;
  restart: TestNode['restartRuntime'];
}

async function startBerthdIn(
  dir: string,
  network: PodNetwork,
  owner: AsyncDisposableStack,
): Promise<StartedRuntime> {
  const paths = layOutBerthd(dir);
  network.writeConflist({ confDir: paths.cniConfDir, dataDir: join(dir, 'leases') });
  let daemon = await startBerthd(paths, dir);
  owner.defer(() => daemon.stop());
  await loadTestImage(paths.socket);
  const restart = async (whileDown: () => Promise<void>) => {
    await daemon.stop('SIGKILL');
    await whileDown();
    daemon = await startBerthd(paths, dir);
  };
  return { socket: paths.socket, restart };
}

async function startContainerdIn(
  dir: string,
  network: PodNetwork,
  owner: AsyncDisposableStack,
): Promise<StartedRuntime> {
  const cniConfDir = join(dir, 'net.d');
  mkdirSync(cniConfDir);
  network.writeConflist({ confDir: cniConfDir, dataDir: join(dir, 'leases') });
  const containerd = await startContainerd({
    dir: join(dir, 'c'),
    cniConfDir,
  });
  owner.use(containerd);
  return { socket: containerd.socket, restart: () => assert.fail('only berthd is restarted') };
}

/** A shell script that goes on until it is told to end. */
export const forever = 'trap "exit 0" TERM; while true; do sleep 1 & wait $!; done';

let madePods = 0;

/** A pod of one container `main` that runs `script` in a shell of the test image; each has a UID of its own. */
export function shellPod(
  name: string,
  script: string,
  spec: Partial<Omit<PodSpec, 'containers'>> = {},
  container: Partial<Container> = {},
): Pod {
  madePods += 1;
  const { initContainers = [], ...rest } = spec;
  return testPod(
    {
      terminationGracePeriodSeconds: 1,
      nodeName: 'testnode',
      ...rest,
      initContainers: initContainers.map((each) => ({ ...each, image: testImage })),
      containers: [{ name: 'main', image: testImage, command: ['/bin/sh', '-c', script], ...container }],
    },
    { name, uid: `${name}-${process.pid}-${madePods}` },
  );
}

/** The status that a kubelet shows for a pod. */
export function statusOf(kubelet: Kubelet, pod: Pod): PodStatus | undefined {
  return kubelet.pods().find((each) => each.metadata.uid === pod.metadata.uid)?.status;
}

/** Waits until the pod's status satisfies `condition`, and returns it. */
export function untilStatus(
  kubelet: Kubelet,
  pod: Pod,
  what: string,
  condition: (status: PodStatus) => boolean,
  timeoutMs?: number,
): Promise<PodStatus> {
  return until(
    `${pod.metadata.name} ${what}`,
    () => {
      const status = statusOf(kubelet, pod);
      return status && condition(status) ? status : undefined;
    },
    () => statusOf(kubelet, pod),
    timeoutMs,
  );
}

/** Waits until every container of the pod runs. */
export function untilRunning(kubelet: Kubelet, pod: Pod, timeoutMs?: number): Promise<PodStatus> {
  const allRun = (status: PodStatus): boolean =>
    (status.containerStatuses ?? []).every((each) => each.state?.running !== undefined);
  return untilStatus(kubelet, pod, 'runs', allRun, timeoutMs);
}

/** Waits until the kubelet knows nothing of the pod any more. */
export async function untilGone(kubelet: Kubelet, pod: Pod, timeoutMs?: number): Promise<void> {
  await until(
    `${pod.metadata.name} is gone`,
    () => statusOf(kubelet, pod) === undefined,
    () => statusOf(kubelet, pod),
    timeoutMs,
  );
}
