// Detaches sandboxes that no longer exist, from CNI's record of attachments. recovery/ runs it at start.

import { dirname, join } from 'node:path';
import type { CachedAttachment } from '@berth/cni/cache/result-cache.ts';
import { unpin } from '@berth/linux/namespaces/namespaces.ts';
import { messageWithCauses } from '../rpc/errors.ts';
import { detachSandbox } from './detach.ts';
import type { PodNetwork } from './pod-network.ts';

/**
 * Detaches sandboxes of this daemon that no longer exist, as after a reboot or the loss of the database. It ignores
 * attachments of other runtimes, which share the record in /var/lib/cni. A failure is logged and does not stop the
 * rest.
 * @throws AggregateError at the end, when some could not be detached
 * @param isKnown whether a sandbox exists; new ones may be created meanwhile
 * @returns ids of the sandboxes that were detached
 */
export async function collectNetworkGarbage(
  network: PodNetwork,
  isKnown: (id: string) => boolean,
): Promise<string[]> {
  const stale = staleAttachments(await network.cni.getCachedAttachments(), network.sandboxesDir, isKnown);
  const detached: string[] = [];
  const failures: unknown[] = [];
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
        failures.push(error);
        network.log.warning('Detaching a sandbox that is gone failed', {
          sandbox: containerId,
          error: messageWithCauses(error),
        });
      }
    }),
  );
  if (failures.length > 0) throw new AggregateError(failures, failures.map(messageWithCauses).join('; '));
  return detached.sort();
}

/** The attachments of this daemon, identified by the path of their namespace, whose sandboxes do not exist. */
export function staleAttachments(
  attachments: readonly CachedAttachment[],
  sandboxesDir: string,
  isKnown: (id: string) => boolean,
): CachedAttachment[] {
  return attachments.filter(({ containerId, netns }) => {
    const ours = dirname(dirname(netns)) === join(sandboxesDir, containerId);
    return ours && !isKnown(containerId);
  });
}
