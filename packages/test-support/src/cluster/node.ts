// A node of a test's cluster: a container runtime, and the real kubelet or ours with a kubeconfig of a node.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { detachBelow, mount, unmount } from '@berth/linux/mounts/mount.ts';
import { removeTestCgroup } from '../cgroup-driver.ts';
import { startRealKubelet } from '../real-kubelet.ts';
import { freePort } from '../registry.ts';
import { checkout, type Daemon, startDaemon } from '../scratch.ts';
import type { Cluster } from './cluster.ts';
import { type NodeRuntime, type OciRuntimeName, type RuntimeName, startNodeRuntime } from './node-runtime.ts';

export type KubeletName = 'real' | 'ours';

/** A kubelet that runs, the real one or ours. */
export interface NodeKubelet {
  readonly pid: number;
  /** Everything that it has printed. */
  output(): string;
  stop(signal?: NodeJS.Signals): Promise<void>;
  /**
   * Starts it after `stop`, or kills it and starts it again. Waits until it answers on /healthz, or for `waitMs`, after
   * which it may be anywhere in its start.
   */
  restart(waitMs?: number): Promise<void>;
}

export interface ClusterNode extends AsyncDisposable {
  name: string;
  runtime: NodeRuntime;
  kubelet: NodeKubelet;
  /** Below it are the folders of the kubelet, such as `pods` and `pki`. */
  rootDir: string;
  /** Its HTTPS port. */
  port: number;
  readOnlyPort: number;
}

export interface NodeOptions {
  cluster: Cluster;
  /** At most 10 letters, which no other node has. */
  name: string;
  kubelet: KubeletName;
  runtime?: RuntimeName;
  /** What the runtime runs containers with, runc unless given. */
  ociRuntime?: OciRuntimeName;
  /** The machine of a node whose kubelet has ended: runtime, folders, and pods as they are. */
  on?: NodeRuntime;
  /** How it comes to its certificate: it has one, or asks for one by a bootstrap token. */
  identity?: 'kubeconfig' | 'bootstrap token';
  /** Fields of KubeletConfiguration beside or instead of those that a test needs. */
  configuration?: Record<string, unknown>;
  flags?: readonly string[];
  /** Size of a file system of its own for the kubelet's root directory, such as 64m; it is in memory. */
  rootDirSize?: string;
  /** Variables of our kubelet and berthd. */
  env?: NodeJS.ProcessEnv;
}

/**
 * Starts a node and waits until its kubelet answers on /healthz; that it is in the cluster and Ready is for the test to
 * wait for. Its kubelet listens on every address, so that this belongs on a machine of the test's own.
 */
export async function startNode(options: NodeOptions): Promise<ClusterNode> {
  const { cluster, name, kubelet: kind, configuration = {}, env = {} } = options;
  const { runtime: runtimeName = 'berthd', ociRuntime = 'runc' } = options;
  await using resources = new AsyncDisposableStack();
  const runtime = options.on ?? resources.use(await startNodeRuntime(name, runtimeName, ociRuntime, env));
  const { dir, socket } = runtime;
  cluster.logFiles.set(`${name}-kubelet`, join(dir, 'kubelet.log'));
  cluster.logFiles.set(`${name}-${runtimeName}`, runtime.logFile);
  const rootDir = join(dir, 'kubelet');
  mkdirSync(rootDir, { mode: 0o700, recursive: true });
  if (options.rootDirSize !== undefined) {
    mount({ source: 'tmpfs', target: rootDir, fstype: 'tmpfs', data: `size=${options.rootDirSize}` });
    // The end of a kubelet unmounts it, too.
    resources.defer(() => unmount(rootDir, { detach: true, ifMounted: true }));
  }
  const port = await freePort();
  const readOnlyPort = await freePort();
  const settings = { ...clusterConfiguration(cluster, runtime), port, readOnlyPort, ...configuration };
  const flags = [...identityFlags(options, dir), ...(options.flags ?? [])];
  const start = kind === 'real' ? startReal : startOurs;
  const kubelet = resources.use(await start({ dir, rootDir, endpoint: socket, name, settings, flags, env }));
  resources.defer(async () => {
    await kubelet.stop();
    await runtime.removePods();
  });
  const owned = resources.move();
  return {
    name,
    runtime,
    kubelet,
    rootDir,
    port,
    readOnlyPort,
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/** What kubeadm configures, as far as it works in a folder of a test. */
function clusterConfiguration({ dir: clusterDir }: Cluster, { dir, cgroupRoot }: NodeRuntime) {
  return {
    address: '0.0.0.0',
    healthzPort: 0,
    authentication: {
      anonymous: { enabled: false },
      webhook: { enabled: true },
      x509: { clientCAFile: join(clusterDir, 'ca.crt') },
    },
    authorization: { mode: 'Webhook' },
    clusterDNS: ['10.96.0.10'],
    clusterDomain: 'cluster.local',
    rotateCertificates: true,
    podLogsDir: join(dir, 'log/pods'),
    volumePluginDir: join(dir, 'volume-plugins'),
    cgroupDriver: 'cgroupfs',
    cgroupRoot,
    failCgroupV1: false,
    failSwapOn: false,
    makeIPTablesUtilChains: false,
  };
}

function identityFlags({ cluster, name, identity = 'kubeconfig' }: NodeOptions, dir: string): string[] {
  if (identity === 'kubeconfig') return [`--kubeconfig=${cluster.nodeKubeconfig(name)}`];
  return [
    `--kubeconfig=${join(dir, 'kubelet.conf')}`,
    `--bootstrap-kubeconfig=${cluster.bootstrapKubeconfig()}`,
  ];
}

interface Start {
  dir: string;
  rootDir: string;
  endpoint: string;
  name: string;
  settings: Record<string, unknown>;
  flags: readonly string[];
  env: NodeJS.ProcessEnv;
}

async function startReal(start: Start): Promise<NodeKubelet & AsyncDisposable> {
  const { name: nodeName, settings: configuration, env: _ours, ...rest } = start;
  return await startRealKubelet({ ...rest, nodeName, configuration });
}

async function startOurs({ dir, rootDir, endpoint, name, settings, flags, env }: Start) {
  const config = join(dir, 'kubelet.json');
  writeFileSync(
    config,
    JSON.stringify({
      apiVersion: 'kubelet.config.k8s.io/v1beta1',
      kind: 'KubeletConfiguration',
      containerRuntimeEndpoint: `unix://${endpoint}`,
      ...settings,
    }),
  );
  const argv = [
    join(checkout, 'bin/kubelet'),
    `--config=${config}`,
    `--root-dir=${rootDir}`,
    `--cert-dir=${join(rootDir, 'pki')}`,
    `--hostname-override=${name}`,
    ...flags,
  ];
  const healthz = `http://127.0.0.1:${settings['readOnlyPort']}/healthz`;
  const start = (waitMs?: number): Promise<Daemon> =>
    startDaemon({
      name: 'kubelet',
      argv,
      dir,
      env,
      ready: waitMs === undefined ? async () => (await fetch(healthz)).ok : () => delay(waitMs, true),
    });
  let daemon = await start();
  return {
    get pid() {
      return daemon.pid;
    },
    output: () => daemon.output(),
    stop: (signal?: NodeJS.Signals) => daemon.stop(signal),
    restart: async (waitMs?: number) => {
      await daemon.stop('SIGKILL');
      daemon = await start(waitMs);
    },
    [Symbol.asyncDispose]: async () => {
      await daemon.stop();
      // Volumes of pods that a test has not deleted.
      detachBelow(rootDir);
      await removeTestCgroup(String(settings['cgroupRoot']));
    },
  };
}
