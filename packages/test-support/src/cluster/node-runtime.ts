// The container runtime of a node in a cluster: ours or containerd, with the test image and a pod network of its own.
import { chmodSync, mkdirSync, rmSync, symlinkSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { type CriClient, connectCri } from '@berth/cri/client/client.ts';
import { findProgram } from '@berth/runtime/host/programs.ts';
import { type BerthdNode, startBerthdNode } from '../berthd-node.ts';
import { startContainerd } from '../containerd.ts';
import { loadTestImage } from '../images.ts';
import { patience } from '../machine-speed.ts';
import { PodNetwork } from '../pod-network.ts';
import { scratchDir } from '../scratch.ts';

export type RuntimeName = 'berthd' | 'containerd';
export type OciRuntimeName = 'crun' | 'runc';

export interface NodeRuntime extends AsyncDisposable {
  /** The folder of the node. */
  dir: string;
  socket: string;
  /** The daemon's process. */
  pid: number;
  client: CriClient;
  logFile: string;
  /** Where the kubelet puts the cgroups of pods. */
  cgroupRoot: string;
  /** Ours, with its berthd and its network. */
  ours?: BerthdNode;
  /** Removes what a kubelet that has ended has left running. */
  removePods(): Promise<void>;
}

/** Where containerd listens by default: the real kubelet asks for the cgroups of containers here alone. */
const defaultContainerd = '/run/containerd/containerd.sock';

/** Starts the runtime of the node `name`, at most 10 letters; `env` are variables of ours. */
export async function startNodeRuntime(
  name: string,
  runtime: RuntimeName,
  ociRuntime: OciRuntimeName = 'runc',
  env: NodeJS.ProcessEnv = {},
): Promise<NodeRuntime> {
  return await (runtime === 'berthd' ? startOurs(name, ociRuntime, env) : startPeer(name, ociRuntime));
}

async function startOurs(
  name: string,
  ociRuntime: OciRuntimeName,
  env: NodeJS.ProcessEnv,
): Promise<NodeRuntime> {
  await using resources = new AsyncDisposableStack();
  const node = resources.use(await startBerthdNode({ name, runtime: ociRuntime, env }));
  await loadTestImage(node.socket);
  const owned = resources.move();
  const { dir, socket, client, paths } = node;
  return {
    dir,
    socket,
    get pid() {
      return node.berthd.pid;
    },
    client,
    logFile: join(dir, 'berthd.log'),
    cgroupRoot: paths.cgroupParent,
    ours: node,
    removePods: () => removePods(client),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

async function startPeer(name: string, ociRuntime: OciRuntimeName): Promise<NodeRuntime> {
  await using resources = new AsyncDisposableStack();
  const { path: dir } = resources.use(scratchDir(name));
  chmodSync(dir, 0o711);
  const network = resources.use(await PodNetwork.take(name));
  const cniConfDir = join(dir, 'net.d');
  mkdirSync(cniConfDir);
  network.writeConflist({ confDir: cniConfDir, dataDir: join(dir, 'leases') });
  const { socket, pid } = resources.use(
    await startContainerd({
      dir: join(dir, 'containerd'),
      cniConfDir,
      runtime: findProgram(ociRuntime, ociRuntime),
      version: '2.4',
    }),
  );
  mkdirSync(dirname(defaultContainerd), { recursive: true });
  symlinkSync(socket, defaultContainerd);
  resources.defer(() => rmSync(defaultContainerd));
  const client = connectCri(socket, { timeoutMs: patience(300_000) });
  resources.defer(() => client.close());
  const owned = resources.move();
  return {
    dir,
    socket,
    pid,
    client,
    logFile: join(dir, 'containerd/containerd.log'),
    cgroupRoot: `/${basename(dir)}`,
    removePods: () => removePods(client),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

async function removePods({ runtime }: CriClient): Promise<void> {
  for (const { id } of (await runtime.listPodSandbox({})).items) {
    await runtime.stopPodSandbox({ podSandboxId: id });
    await runtime.removePodSandbox({ podSandboxId: id });
  }
}
