// A berthd with every path, the pod network and the cgroups its own, and nothing left at the end.
import { chmodSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { type CriClient, connectCri } from '@berth/cri/client/client.ts';
import type { CgroupDriverName } from '@berth/linux/cgroups/driver.ts';
import { type BerthdPaths, layOutBerthd, startBerthd } from './berthd.ts';
import { removeTestCgroup } from './cgroup-driver.ts';
import { moveHugetlbToV1 } from './hugetlb.ts';
import { patience } from './machine-speed.ts';
import { traces } from './node-traces.ts';
import { PodNetwork } from './pod-network.ts';
import { type Daemon, scratchDir } from './scratch.ts';

export interface BerthdNode extends AsyncDisposable {
  dir: string;
  paths: BerthdPaths;
  network: PodNetwork;
  socket: string;
  readonly berthd: Daemon;
  client: CriClient;
  /** Ends berthd and starts it again; returns when it answers, or after `waitMs`. */
  restart(waitMs?: number): Promise<void>;
  /** What is there of pods and containers; a line each, none soon after every pod has been removed. */
  leftovers(): Promise<string[]>;
}

/**
 * Starts bin/berthd as the node `name` (at most 10 letters) with a pod network of its own. `prepare` gets the node's
 * folder before berthd starts; the rest goes to its config.yaml (see layOutBerthd).
 */
export async function startBerthdNode(options: {
  name: string;
  runtime?: 'crun' | 'runc';
  root?: string;
  cgroupDriver?: CgroupDriverName;
  cniBinDirs?: readonly string[];
  extra?: string;
  prepare?: (dir: string) => void;
  env?: NodeJS.ProcessEnv;
}): Promise<BerthdNode> {
  const { name, prepare, env, ...layout } = options;
  moveHugetlbToV1();
  await using resources = new AsyncDisposableStack();
  const { path: dir } = resources.use(scratchDir(name));
  // The first process of a pod with a user namespace has to reach its files below.
  chmodSync(dir, 0o711);
  const network = resources.use(await PodNetwork.take(name));
  const { bridge } = network;
  const paths = layOutBerthd(dir, layout);
  network.writeConflist({ confDir: paths.cniConfDir, dataDir: join(dir, 'leases') });
  mkdirSync(join(dir, 'certs.d'));
  prepare?.(dir);
  resources.defer(() => removeTestCgroup(paths.cgroupParent));
  let berthd = await startBerthd(paths, dir, undefined, env);
  resources.defer(() => berthd.stop());
  const client = connectCri(paths.socket, { timeoutMs: patience(300_000) });
  resources.defer(() => client.close());
  resources.defer(async () => {
    const { items } = await client.runtime.listPodSandbox({});
    for (const { id } of items) await client.runtime.removePodSandbox({ podSandboxId: id });
  });
  const atStart = traces(dir, bridge);
  const isParentCgroup = (line: string) => line.startsWith('cgroup ') && line.endsWith(paths.cgroupParent);
  const remains = async () => {
    const { items } = await client.runtime.listPodSandbox({});
    const { containers } = await client.runtime.listContainers({});
    const left = [...traces(dir, bridge)].filter(
      (line) => !atStart.has(line) && !line.startsWith('file ') && !isParentCgroup(line),
    );
    return [
      ...items.map(({ id, metadata }) => `pod ${id} ${metadata?.name}`),
      ...containers.map(({ id, metadata }) => `container ${id} ${metadata?.name}`),
      ...left,
    ];
  };
  // The kernel takes the links of a network namespace away some time after its last process.
  const leftovers = async () => {
    for (const deadline = performance.now() + 5000; ; await setTimeout(100)) {
      const left = await remains();
      if (left.length === 0 || performance.now() > deadline) return left;
    }
  };
  const owned = resources.move();
  return {
    dir,
    paths,
    network,
    socket: paths.socket,
    get berthd() {
      return berthd;
    },
    client,
    restart: async (waitMs) => {
      await berthd.stop();
      berthd = await startBerthd(paths, dir, waitMs, env);
    },
    leftovers,
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}
