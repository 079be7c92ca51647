// A whole node (berthd and kubelet from bin/) with one healthy pod, for tests that put something bad beside it:
// the bad thing must be told of, the healthy pod must not notice, and nothing may be left.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type CriClient, connectCri } from '@berth/cri/client/client.ts';
import { detectCgroups } from '@berth/linux/cgroups/detect.ts';
import { detachBelow } from '@berth/linux/mounts/mount.ts';
import { type BerthdPaths, layOutBerthd, startBerthd } from './berthd.ts';
import { moveHugetlbToV1 } from './hugetlb.ts';
import { loadTestImage } from './images.ts';
import { startKubelet } from './kubelet.ts';
import { traces } from './node-traces.ts';
import { PodNetwork } from './pod-network.ts';
import { testImage } from './pods.ts';
import { checkout, type Daemon, scratchDir } from './scratch.ts';
import { until } from './until.ts';

/** A container as /pods shows it. */
export interface ShownContainer {
  name: string;
  containerID?: string;
  restartCount: number;
  ready: boolean;
  state: { waiting?: { reason: string; message?: string }; running?: object; terminated?: object };
}

/** A pod as /pods shows it. */
export interface ShownPod {
  metadata: { name: string; uid: string };
  status: { phase: string; podIP?: string; containerStatuses?: ShownContainer[] };
}

/** Part of a pod's manifest; what is left out is a container `main` that waits in the test image. */
export interface PodParts {
  name: string;
  spec?: object;
  container?: object;
}

export interface FaultyNode extends AsyncDisposable {
  dir: string;
  paths: BerthdPaths;
  client: CriClient;
  berthd: Daemon;
  kubelet: Daemon;
  /** Where network plugins of the test's own may be put. */
  pluginDir: string;
  conflist: string;
  /** Writes a manifest file, as an editor does that replaces the file at once. */
  write(file: string, content: string | Buffer): void;
  /** Removes a manifest file. */
  remove(file: string): void;
  /** Address of a path on the kubelet's read-only port. */
  url(path: string): string;
  /** Everything that /pods shows. */
  pods(): Promise<ShownPod[]>;
  /** bin/crictl on this node. */
  crictl(...args: string[]): Promise<{ code: number; out: string; err: string }>;
  /**
   * Runs `body`, which brings something bad and takes it away again; then the healthy pod must be the one that
   * it was, and nothing that `body` caused may be left on the machine.
   */
  withoutTrace(body: () => Promise<void>): Promise<void>;
}

/**
 * Starts the node `name` (at most 8 letters). `berthdConfig` is appended to berthd's config.yaml;
 * `prepare` runs when everything is laid out and nothing is started, and what it returns is undone at the end.
 */
export async function startFaultyNode(options: {
  name: string;
  berthdConfig?: string;
  prepare?: (paths: BerthdPaths) => (() => void) | undefined;
}): Promise<FaultyNode> {
  const { name, berthdConfig = '', prepare } = options;
  moveHugetlbToV1();
  await using resources = new AsyncDisposableStack();
  const { path: dir } = resources.use(scratchDir(name));
  const network = resources.use(await PodNetwork.take(name));
  const { bridge } = network;
  const pluginDir = join(dir, 'plugins');
  const manifests = join(dir, 'manifests');
  for (const folder of [pluginDir, manifests]) mkdirSync(folder);
  const paths = layOutBerthd(dir, { extra: berthdConfig });
  const config = readFileSync(paths.config, 'utf8');
  const cni = `cni:\n  timeoutSeconds: 2\n  pluginDirs: [${pluginDir}, /usr/lib/cni]\n`;
  writeFileSync(paths.config, config.replace('cni:\n', cni));
  network.writeConflist({ confDir: paths.cniConfDir, dataDir: join(dir, 'leases') });
  resources.defer(prepare?.(paths) ?? (() => {}));
  resources.defer(() => removeCgroups(paths.cgroupParent));

  const berthd = resources.use(await startBerthd(paths, dir));
  await loadTestImage(paths.socket);
  const client = connectCri(paths.socket, { timeoutMs: 300_000 });
  resources.defer(() => client.close());
  resources.defer(() => removePods(client, dir));
  const kubelet = resources.use(await startKubelet({ dir, endpoint: paths.socket, manifests }));

  const url = (path: string) => `http://127.0.0.1:${kubelet.port}${path}`;
  const pods = async (): Promise<ShownPod[]> => {
    const answer = await fetch(url('/pods'));
    const { items }: { items: ShownPod[] | null } = JSON.parse(await answer.text());
    return items ?? [];
  };
  const fileOf = (file: string) => join(manifests, file);
  const write: FaultyNode['write'] = (file, text) => {
    writeFileSync(fileOf(file), text);
  };
  write('healthy.json', healthyManifest);
  await until('the healthy pod runs', async () => isRunning(await pods(), 'healthy'), kubelet.output);
  const healthy = async () => {
    const shown = (await pods()).find((pod) => pod.metadata.name === 'healthy-testnode');
    const [container] = shown?.status.containerStatuses ?? [];
    const containerId = container?.containerID?.replace('berth://', '') ?? '';
    const { info } = await client.runtime.containerStatus({ containerId, verbose: true });
    const { pid }: { pid: number } = JSON.parse(info.info ?? '{}');
    const { stdout } = await client.runtime.execSync({
      containerId,
      cmd: ['/bin/cat', '/www/id'],
      timeout: 10n,
    });
    const answer = await fetch(`http://${shown?.status.podIP}:8080/id`);
    assert.equal(await answer.text(), Buffer.from(stdout).toString(), 'the healthy pod answers');
    return { containerId, pid, restarts: container?.restartCount, ip: shown?.status.podIP };
  };
  await until(
    'the healthy pod answers',
    () =>
      healthy().then(
        () => true,
        () => false,
      ),
    kubelet.output,
  );

  const withoutTrace: FaultyNode['withoutTrace'] = async (body) => {
    const wasHealthy = await healthy();
    const before = traces(dir, bridge);
    await body();
    assert.deepEqual(await healthy(), wasHealthy, 'the healthy pod is the one that it was');
    const left = () => [...traces(dir, bridge)].filter((line) => !before.has(line));
    await until(
      'nothing is left',
      async () => left().length === 0,
      () => left().join('\n'),
    );
    assert.deepEqual(await healthy(), wasHealthy);
  };
  const owned = resources.move();
  return {
    dir,
    paths,
    client,
    berthd,
    kubelet,
    pluginDir,
    conflist: join(paths.cniConfDir, `10-${name}.conflist`),
    write,
    remove: (file) => rmSync(fileOf(file)),
    url,
    pods,
    crictl: (...args) => crictl(paths.socket, args),
    withoutTrace,
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/** Waits for ever, but ends at once when it is asked to. */
const polite = ['/bin/sh', '-c', 'trap "exit 0" TERM; sleep 600 & wait'];

const healthyManifest = podManifest({
  name: 'healthy',
  container: {
    command: [
      '/bin/sh',
      '-c',
      'mkdir /www; hostname > /www/id; trap "exit 0" TERM; httpd -f -p 8080 -h /www & wait',
    ],
  },
});

/** The manifest of a small pod, as JSON. */
export function podManifest({ name, spec = {}, container = {} }: PodParts): string {
  const main = { name: 'main', image: testImage, command: polite, ...container };
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name },
    spec: { terminationGracePeriodSeconds: 0, containers: [main], ...spec },
  });
}

/**
 * Puts the pod beside the healthy one, waits until /pods shows a reason and a message that match for its
 * container, takes it away and waits until the kubelet has forgotten it. To be called within `withoutTrace`.
 */
export async function expectWaiting(node: FaultyNode, pod: PodParts, reason: RegExp, message: RegExp) {
  const file = `${pod.name}.json`;
  node.write(file, podManifest(pod));
  await untilWaiting(node, pod.name, reason, message);
  node.remove(file);
  await untilForgotten(node, pod.name);
}

/** Waits until /pods shows a reason and a message that match for the pod's first container. */
export async function untilWaiting(node: FaultyNode, name: string, reason: RegExp, message: RegExp) {
  let shown: ShownContainer['state']['waiting'];
  const isShown = async () => {
    const pod = (await node.pods()).find((each) => each.metadata.name === `${name}-testnode`);
    shown = pod?.status.containerStatuses?.[0]?.state.waiting ?? shown;
    return reason.test(shown?.reason ?? '') && message.test(shown?.message ?? '');
  };
  await until(`${name} shows ${reason} and ${message}`, isShown, () => JSON.stringify(shown) ?? 'nothing');
}

/** Waits until every container of the pod runs. */
export async function untilRunning(node: FaultyNode, name: string) {
  await until(`${name} runs`, async () => isRunning(await node.pods(), name), node.kubelet.output);
}

/** Waits until the pod has ended and the kubelet shows it no more. */
export async function untilForgotten(node: FaultyNode, name: string) {
  const isGone = async () => (await node.pods()).every((pod) => pod.metadata.name !== `${name}-testnode`);
  await until(`${name} is gone`, isGone, node.kubelet.output);
}

function isRunning(pods: ShownPod[], name: string): boolean {
  const { containerStatuses = [] } =
    pods.find((pod) => pod.metadata.name === `${name}-testnode`)?.status ?? {};
  return containerStatuses.length > 0 && containerStatuses.every(({ state }) => state.running !== undefined);
}

function crictl(socket: string, args: string[]): Promise<{ code: number; out: string; err: string }> {
  return new Promise((resolve) => {
    const env = { ...process.env, CRI_CONFIG_FILE: '/dev/null' };
    execFile(join(checkout, 'bin/crictl'), ['-r', socket, ...args], { env }, (error, out, err) => {
      resolve({ code: typeof error?.code === 'number' ? error.code : 0, out, err });
    });
  });
}

async function removePods({ runtime }: CriClient, dir: string): Promise<void> {
  for (const { id } of (await runtime.listPodSandbox({})).items) {
    await runtime.stopPodSandbox({ podSandboxId: id });
    await runtime.removePodSandbox({ podSandboxId: id });
  }
  detachBelow(join(dir, 'kubelet'));
}

async function removeCgroups(path: string): Promise<void> {
  const cgroups = detectCgroups();
  if (cgroups.exists(path)) await cgroups.remove(path);
}
