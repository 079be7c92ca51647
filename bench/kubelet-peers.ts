// The kubelets under measurement: ours on berthd, and the real one on containerd 2.4, with the same manifests.
import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { CriClient } from '@berth/cri/client/client.ts';
import { removeTestCgroup } from '@berth/test-support/cgroup-driver.ts';
import { startKubelet } from '@berth/test-support/kubelet.ts';
import { startRealKubelet } from '@berth/test-support/real-kubelet.ts';
import type { Peer } from './peers.ts';

/** Events of containers: ContainerEventType of the CRI. */
export const containerStarted = 1;

export interface KubeletPeer {
  name: string;
  client: CriClient;
  /** The kubelet's process. */
  pid: number;
  /** Puts a manifest into the folder at once. */
  drop(name: string, manifest: object): void;
  remove(name: string): void;
  /** The pods of /pods. */
  pods(): Promise<ListedPod[]>;
  /** The absolute cgroup below which the kubelet has its pods'. */
  cgroupRoot: string;
  /** The end of its log, for failures. */
  lastWords(): string;
}

export interface ListedPod {
  metadata: { name: string; uid: string };
  status: {
    qosClass?: string;
    conditions?: { type: string; status: string }[];
  };
}

const maxPods = 250;

/** Starts our kubelet on a berthd; it goes with `resources`. */
export async function startOurs(peer: Peer, resources: AsyncDisposableStack): Promise<KubeletPeer> {
  const cgroupRoot = `/berth-bench-${basename(peer.dir)}`;
  resources.defer(() => removeTestCgroup(cgroupRoot));
  // startKubelet names the cgroup for the folder.
  const dir = join(peer.dir, cgroupRoot);
  const manifests = join(dir, 'manifests');
  mkdirSync(manifests, { recursive: true });
  const kubelet = resources.use(
    await startKubelet({
      dir,
      endpoint: peer.socket,
      manifests,
      extraFlags: [`--max-pods=${maxPods}`],
    }),
  );
  return { ...control(peer, kubelet, { dir, manifests, cgroupRoot }), name: peer.name };
}

/** Starts the real kubelet on a containerd; it goes with `resources`. */
export async function startReal(peer: Peer, resources: AsyncDisposableStack): Promise<KubeletPeer> {
  const dir = join(peer.dir, 'real');
  const manifests = join(dir, 'manifests');
  mkdirSync(manifests, { recursive: true });
  const cgroupRoot = '/berth-bench-real';
  const kubelet = resources.use(
    await startRealKubelet({
      dir,
      endpoint: peer.socket,
      manifests,
      nodeName: 'testnode',
      configuration: { maxPods, cgroupRoot },
    }),
  );
  return {
    ...control(peer, kubelet, { dir, manifests, cgroupRoot }),
    name: `kubelet 1.37.2 on ${peer.name}`,
  };
}

interface Place {
  dir: string;
  manifests: string;
  cgroupRoot: string;
}

function control(
  { client }: Peer,
  kubelet: { pid: number; port: number; output(): string },
  { dir, manifests, cgroupRoot }: Place,
): Omit<KubeletPeer, 'name'> {
  return {
    client,
    pid: kubelet.pid,
    cgroupRoot,
    drop: (name, manifest) => {
      const file = `${name}.json`;
      writeFileSync(join(dir, file), JSON.stringify(manifest));
      renameSync(join(dir, file), join(manifests, file));
    },
    remove: (name) => rmSync(join(manifests, `${name}.json`)),
    pods: async () => {
      const response = await fetch(`http://127.0.0.1:${kubelet.port}/pods`);
      const { items } = (await response.json()) as { items: ListedPod[] | null };
      return items ?? [];
    },
    lastWords: () => kubelet.output().split('\n').slice(-20).join('\n'),
  };
}
