// The runtimes that the benchmarks compare: each with directories, a bridge and a conflist of its own, the
// conflists being the same but for names and addresses.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type CriClient, connectCri } from '@berth/cri/client/client.ts';
import { detectCgroups } from '@berth/linux/cgroups/detect.ts';
import { findProgram } from '@berth/runtime/host/programs.ts';
import { layOutBerthd, startBerthd } from '@berth/test-support/berthd.ts';
import { type ContainerdVersion, startContainerd } from '@berth/test-support/containerd.ts';
import { loadTestImage } from '@berth/test-support/images.ts';
import { PodNetwork } from '@berth/test-support/pod-network.ts';

/** A runtime under measurement. */
export interface Peer {
  /** As in the tables: `berth (crun)`. */
  name: string;
  client: CriClient;
  socket: string;
  /** All that the runtime writes is below it. */
  dir: string;
  logDir: string;
  pid: number;
  /** Whether a command line is the daemon's own helper, one or more per pod. */
  isHelper: (commandLine: string) => boolean;
}

interface PeerOptions {
  /** An existing folder, directly under /run: paths of sockets are short. */
  dir: string;
  runtime: 'crun' | 'runc';
  /** Name of the conflist's file. */
  conflist?: string;
}

/** Starts a berthd; it goes with `resources`. */
export async function startBerth(options: PeerOptions, resources: AsyncDisposableStack): Promise<Peer> {
  const { dir, runtime } = options;
  const paths = layOutBerthd(dir, { runtime });
  resources.defer(() => detectCgroups().remove(paths.cgroupParent));
  await writePodNetwork(options, paths.cniConfDir, resources);
  const daemon = resources.use(await startBerthd(paths, dir));
  await loadTestImage(paths.socket);
  return {
    ...connect(paths.socket, dir, resources),
    name: `berth (${runtime})`,
    pid: daemon.pid,
    isHelper: (line) => line.includes('conmon') && line.includes(dir),
  };
}

/** Starts a containerd; it goes with `resources`. */
export async function startContainerdPeer(
  options: PeerOptions & { version: ContainerdVersion },
  resources: AsyncDisposableStack,
): Promise<Peer> {
  const { dir, runtime, version } = options;
  const confDir = join(dir, 'net.d');
  mkdirSync(confDir, { recursive: true });
  await writePodNetwork(options, confDir, resources);
  const daemon = resources.use(
    await startContainerd({
      dir,
      cniConfDir: confDir,
      runtime: findProgram(runtime, runtime),
      version,
    }),
  );
  return {
    ...connect(daemon.socket, dir, resources),
    name: `containerd (${runtime})`,
    pid: daemon.pid,
    // The shim; the pause container that containerd needs in each pod is not counted.
    isHelper: (line) => line.includes('containerd-shim') && line.includes(dir),
  };
}

async function writePodNetwork(
  options: PeerOptions,
  confDir: string,
  resources: AsyncDisposableStack,
): Promise<void> {
  const { dir, conflist } = options;
  const network = resources.use(await PodNetwork.take('bench'));
  const file = conflist === undefined ? {} : { file: conflist };
  network.writeConflist({ confDir, dataDir: join(dir, 'leases'), ...file });
}

function connect(socket: string, dir: string, resources: AsyncDisposableStack) {
  const client = connectCri(socket, { timeoutMs: 120_000 });
  resources.defer(() => client.close());
  return { client, socket, dir, logDir: join(dir, 'logs') };
}
