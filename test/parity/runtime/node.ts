// The two CRI daemons that get the inputs: containerd 2.4 and berthd, both with runc, each with folders, a pod
// network, a registry and a standing pod of its own.
import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { type CriClient, connectCri } from '@berth/cri/client/client.ts';
import type { DeepPartial, PodSandboxConfig } from '@berth/cri/generated/api.ts';
import { startBerthdNode } from '@berth/test-support/berthd-node.ts';
import { removeTestCgroup, testCgroup } from '@berth/test-support/cgroup-driver.ts';
import { startContainerd } from '@berth/test-support/containerd.ts';
import { loadTestImage } from '@berth/test-support/images.ts';
import { patience } from '@berth/test-support/machine-speed.ts';
import { PodNetwork } from '@berth/test-support/pod-network.ts';
import { sandboxConfig } from '@berth/test-support/pods.ts';
import { runScratch } from '@berth/test-support/run-scratch.ts';
import { until } from '@berth/test-support/until.ts';
import type { Sides } from '../half.ts';
import { type CraftedRegistry, startCraftedRegistry } from './registry.ts';
import { makeCertificates, type TlsFiles } from './tls.ts';

export interface RuntimeSide {
  name: 'real' | 'ours';
  client: CriClient;
  /** Of this side alone: files of cases, below folders that they name themselves. */
  dir: string;
  cgroupParent: string;
  cniConfDir: string;
  /** The two sides' plugins are looked up here before /usr/lib/cni. */
  cniBinDir: string;
  certsDir: string;
  cdiDir: string;
  registry: CraftedRegistry;
  /** Another one, over TLS. */
  tls: CraftedRegistry;
  tlsFiles: TlsFiles;
  /** The pod of containers that need none of their own. */
  pod: { id: string; config: DeepPartial<PodSandboxConfig> };
  /** All that the daemon has printed. */
  output(): string;
  /** Puts the conflist back that the node started with. */
  restoreNetwork(): void;
}

export async function startRuntimes(): Promise<Sides<RuntimeSide>> {
  await using resources = new AsyncDisposableStack();
  // Not on tmpfs, which has no user.* attributes on older kernels.
  const { path: scratch } = resources.use(runScratch('/var/tmp/berth-parity-'));
  const places = (name: string) => {
    const dir = join(scratch, name);
    const [cdiDir, cniBinDir, certsDir, cniConfDir] = ['cdi', 'cni-bin', 'certs.d', 'net.d'].map((folder) =>
      join(dir, folder),
    ) as [string, string, string, string];
    for (const folder of [cdiDir, cniBinDir, certsDir, cniConfDir]) mkdirSync(folder, { recursive: true });
    return { dir, cdiDir, cniBinDir, certsDir, cniConfDir, cniBinDirs: [cniBinDir, '/usr/lib/cni'] };
  };
  const [realPlaces, oursPlaces] = [places('real'), places('ours')];

  const node = resources.use(
    await startBerthdNode({
      name: 'parity',
      runtime: 'runc',
      root: join(oursPlaces.dir, 'root'),
      cniBinDirs: oursPlaces.cniBinDirs,
      extra: `cdi:\n  specDirs: [${oursPlaces.cdiDir}]\n`,
    }),
  );
  await loadTestImage(node.socket);

  const realNetwork = resources.use(await PodNetwork.take('parityctd'));
  const restoreReal = () =>
    realNetwork.writeConflist({ confDir: realPlaces.cniConfDir, dataDir: join(realPlaces.dir, 'leases') });
  restoreReal();
  const cgroupParent = testCgroup('berth-test-parity-ctd', 'cgroupfs');
  resources.defer(() => removeTestCgroup(cgroupParent));
  const daemon = resources.use(
    await startContainerd({ ...realPlaces, places: realPlaces, runtime: '/usr/sbin/runc', version: '2.4' }),
  );
  const realClient = connectCri(daemon.socket, { timeoutMs: patience(60_000) });
  resources.defer(() => realClient.close());
  // What containerd cannot remove is told by `leftovers`.
  resources.defer(() => removePods(realClient).catch(() => undefined));

  const tlsFiles = makeCertificates(join(scratch, 'tls'));
  const side = async (
    parts: Omit<RuntimeSide, 'registry' | 'tls' | 'tlsFiles' | 'pod'>,
  ): Promise<RuntimeSide> => ({
    ...parts,
    registry: resources.use(await startCraftedRegistry()),
    tls: resources.use(await startCraftedRegistry(tlsFiles.server)),
    tlsFiles,
    pod: await runPod(parts, 'standing'),
  });
  const real = await side({
    ...realPlaces,
    name: 'real',
    client: realClient,
    cgroupParent,
    output: daemon.output,
    restoreNetwork: restoreReal,
  });
  const ours = await side({
    ...oursPlaces,
    name: 'ours',
    client: node.client,
    cgroupParent: node.paths.cgroupParent,
    cniConfDir: node.paths.cniConfDir,
    certsDir: join(node.dir, 'certs.d'),
    output: () => node.berthd.output(),
    restoreNetwork: () =>
      node.network.writeConflist({ confDir: node.paths.cniConfDir, dataDir: join(node.dir, 'leases') }),
  });
  const owned = resources.move();
  return {
    real,
    ours,
    leftovers: async () => {
      for (const each of [real, ours]) {
        for (const file of readdirSync(each.cniConfDir)) rmSync(join(each.cniConfDir, file));
        each.restoreNetwork();
        await until(`${each.name} has its network back`, () => hasNetwork(each));
      }
      await Promise.all([removePods(real.client), removePods(ours.client)]);
      return await node.leftovers();
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

type PodMore = DeepPartial<PodSandboxConfig>;

/** Runs a pod as a kubelet would, named for the case. */
export async function runPod(
  { client, dir, cgroupParent }: Pick<RuntimeSide, 'client' | 'dir' | 'cgroupParent'>,
  name: string,
  more: (config: PodMore) => PodMore = (config) => config,
  runtimeHandler = '',
): Promise<RuntimeSide['pod']> {
  const plain = sandboxConfig({ name, logDir: join(dir, 'logs'), cgroupParent });
  mkdirSync(plain.logDirectory, { recursive: true });
  const config = more(plain);
  const { podSandboxId: id } = await client.runtime.runPodSandbox({ config, runtimeHandler });
  return { id, config };
}

export async function removePod(
  { client }: Pick<RuntimeSide, 'client'>,
  podSandboxId: string,
): Promise<void> {
  await client.runtime.stopPodSandbox({ podSandboxId });
  await client.runtime.removePodSandbox({ podSandboxId });
}

export async function hasNetwork({ client }: Pick<RuntimeSide, 'client'>): Promise<boolean> {
  const { status } = await client.runtime.status({});
  return status?.conditions.find(({ type }) => type === 'NetworkReady')?.status ?? false;
}

/** Removes all pods; the errors of those that cannot be removed come at the end, together. */
async function removePods(client: CriClient): Promise<void> {
  const { items } = await client.runtime.listPodSandbox({});
  const errors: unknown[] = [];
  for (const { id, metadata } of items) {
    await removePod({ client }, id).catch((cause) =>
      errors.push(new Error(`pod ${metadata?.name} of ${metadata?.uid} cannot be removed`, { cause })),
    );
  }
  if (errors.length > 0) throw new AggregateError(errors, `${errors.length} pods stay`);
}
