// Two nodes that differ in their kubelet alone: ours and the real one, each on a berthd of its own.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { CriClient } from '@berth/cri/client/client.ts';
import { detachBelow } from '@berth/linux/mounts/mount.ts';
import { startBerthdNode } from '@berth/test-support/berthd-node.ts';
import { loadTestImage } from '@berth/test-support/images.ts';
import { type Kubelet, startKubelet } from '@berth/test-support/kubelet.ts';
import { startRealKubelet } from '@berth/test-support/real-kubelet.ts';

/** What both are called: it becomes part of each pod's name. */
export const nodeName = 'Parity';

/** What the real one reserves, too. */
const reserve = '--eviction-hard=memory.available<50Mi,nodefs.available<1%';

/** More than there are cases. */
const maxPods = 2000;

export interface KubeletNode extends AsyncDisposable {
  /** All that the node writes is below it. */
  dir: string;
  /** The folder of manifests. */
  manifests: string;
  client: CriClient;
  kubelet: Kubelet;
  /** Ends the kubelet and its pods; what is left of them, a line each. */
  end(): Promise<string[]>;
}

export type Whose = 'ours' | 'real';

/** Starts a node whose kubelet finds what `fill` has put into the folder of manifests. */
export async function startKubeletNode(
  whose: Whose,
  fill: (folders: { manifests: string; dir: string }) => void,
  verbosity = 0,
): Promise<KubeletNode> {
  await using resources = new AsyncDisposableStack();
  const name = whose === 'ours' ? 'parours' : 'parreal';
  const berthd = resources.use(await startBerthdNode({ name }));
  await loadTestImage(berthd.socket);
  const { dir, client } = berthd;
  const manifests = join(dir, 'manifests');
  mkdirSync(manifests);
  fill({ manifests, dir });
  let kubelet: Kubelet | undefined;
  const end = async () => {
    await kubelet?.stop();
    // With the kubelet gone, nothing else ends its pods and then unmounts their volumes.
    for (const { id } of (await client.runtime.listPodSandbox({})).items) {
      await client.runtime.stopPodSandbox({ podSandboxId: id });
      await client.runtime.removePodSandbox({ podSandboxId: id });
    }
    detachBelow(join(dir, 'kubelet'));
    return await berthd.leftovers();
  };
  const start = { dir, endpoint: berthd.socket, manifests, nodeName };
  kubelet = resources.use(
    await (whose === 'ours'
      ? startKubelet({ ...start, extraFlags: [`--max-pods=${maxPods}`, reserve, `-v=${verbosity}`] })
      : startRealKubelet({
          ...start,
          configuration: {
            maxPods,
            evictionHard: { 'memory.available': '50Mi', 'nodefs.available': '1%' },
            logging: { verbosity },
          },
        })),
  );
  resources.defer(async () => void (await end()));
  const owned = resources.move();
  return { dir, manifests, client, kubelet, end, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}
