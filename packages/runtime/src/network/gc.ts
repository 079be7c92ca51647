import { dirname, join } from 'node:path';
import type { CachedAttachment } from '@berth/cni/cache.ts';
import { unpin } from '@berth/linux/namespaces.ts';
import { messageOf } from '../errors.ts';
import { detachSandbox } from './detach.ts';
import type { PodNetwork } from './pod-network.ts';

/**
 * Detaches what belongs to sandboxes of this daemon that no longer exist, as after a reboot or the loss
 * of the database. Attachments of other runtimes, which share the record in /var/lib/cni, are left alone.
 * A failure is logged and does not stop the rest.
 * @param known ids of the sandboxes that exist
 * @returns ids of the sandboxes that were detached
 */
export async function collectNetworkGarbage(
  network: PodNetwork,
  known: ReadonlySet<string>,
): Promise<string[]> {
  const stale = staleAttachments(await network.cni.cachedAttachments(), network.sandboxesDir, known);
  const detached: string[] = [];
  await Promise.all(
    stale.map(async ({ containerId, netns }) => {
      try {
        await detachSandbox(network, {
          sandboxId: containerId,
          netnsPath: netns,
          releaseNamespace: () => unpin(netns),
        });
        detached.push(containerId);
      } catch (error) {
        network.log.warning('Detaching a sandbox that is gone failed', {
          sandbox: containerId,
          error: messageOf(error),
        });
      }
    }),
  );
  return detached.sort();
}

/** The attachments that are ours, told by the place of their namespace, of sandboxes that do not exist. */
export function staleAttachments(
  attachments: readonly CachedAttachment[],
  sandboxesDir: string,
  known: ReadonlySet<string>,
): CachedAttachment[] {
  return attachments.filter(({ containerId, netns }) => {
    const ours = dirname(dirname(netns)) === join(sandboxesDir, containerId);
    return ours && !known.has(containerId);
  });
}
