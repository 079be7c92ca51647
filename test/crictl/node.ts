// The two runtimes that both crictls talk to, each with a root, a network and cgroups of its own.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type CriClient, connectCri } from '@berth/cri/client/client.ts';
import { startBerthdNode } from '@berth/test-support/berthd-node.ts';
import { removeTestCgroup, testCgroup } from '@berth/test-support/cgroup-driver.ts';
import { startContainerd } from '@berth/test-support/containerd.ts';
import { moveHugetlbToV1 } from '@berth/test-support/hugetlb.ts';
import { loadTestImage } from '@berth/test-support/images.ts';
import { PodNetwork } from '@berth/test-support/pod-network.ts';
import { scratchDir } from '@berth/test-support/scratch.ts';

export type RuntimeName = 'containerd' | 'berthd';

export interface Node extends AsyncDisposable {
  name: RuntimeName;
  dir: string;
  socket: string;
  client: CriClient;
  cgroupParent: string;
  /** Gives the runtime the test image, as at its start. */
  loadTestImage(): Promise<void>;
}

/** Starts the runtime with the test image in it; it and its pods go when it is disposed of. */
export async function startNode(name: RuntimeName): Promise<Node> {
  return name === 'berthd' ? await startBerth() : await startPeer();
}

async function startBerth(): Promise<Node> {
  const node = await startBerthdNode({ name: 'golden' });
  await loadTestImage(node.socket);
  const { dir, socket, client } = node;
  return {
    name: 'berthd',
    dir,
    socket,
    client,
    cgroupParent: node.paths.cgroupParent,
    loadTestImage: () => loadTestImage(node.socket),
    [Symbol.asyncDispose]: () => node[Symbol.asyncDispose](),
  };
}

async function startPeer(): Promise<Node> {
  moveHugetlbToV1();
  await using resources = new AsyncDisposableStack();
  const { path: dir } = resources.use(scratchDir('golden-ctd'));
  const confDir = join(dir, 'net.d');
  mkdirSync(confDir);
  const network = resources.use(await PodNetwork.take('golden-ctd'));
  network.writeConflist({ confDir, dataDir: join(dir, 'leases') });
  const cgroupParent = testCgroup('berth-test-golden-ctd', 'cgroupfs');
  resources.defer(() => removeTestCgroup(cgroupParent));
  const daemon = resources.use(
    await startContainerd({ dir, cniConfDir: confDir, runtime: '/usr/sbin/runc', version: '2.4' }),
  );
  const client = connectCri(daemon.socket, { timeoutMs: 60_000 });
  resources.defer(() => client.close());
  resources.defer(() => removeAllPods(client));
  const owned = resources.move();
  return {
    name: 'containerd',
    dir,
    socket: daemon.socket,
    client,
    cgroupParent,
    loadTestImage: daemon.importTestImage,
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/** Removes every pod but those with the ids in `kept`. */
export async function removeAllPods(client: CriClient, kept: ReadonlySet<string> = new Set()): Promise<void> {
  const { items } = await client.runtime.listPodSandbox({});
  await removePods(
    client,
    items.map(({ id }) => id).filter((id) => !kept.has(id)),
  );
}

/** Stops and removes pods; those that are gone already are fine. */
export async function removePods(client: CriClient, ids: readonly string[]): Promise<void> {
  await Promise.all(
    ids.map(async (podSandboxId) => {
      await client.runtime.stopPodSandbox({ podSandboxId });
      await client.runtime.removePodSandbox({ podSandboxId });
    }),
  );
}
