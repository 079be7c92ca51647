import type { CachedAttachment } from '@berth/cni/cache.ts';
import { type NetworkConfigList, parseConfList } from '@berth/cni/conflist.ts';
import { CniError } from '@berth/cni/errors.ts';
import type { RuntimeConf } from '@berth/cni/runtime-conf.ts';
import { pinState } from '@berth/linux/namespaces.ts';
import { messageOf, RuntimeError } from '../errors.ts';
import { namespaceMayGoFirst } from './chain.ts';
import type { PodNetwork } from './pod-network.ts';

export interface DetachRequest {
  readonly sandboxId: string;
  /** Where the network namespace is or was pinned. */
  readonly netnsPath: string;
  /**
   * Lets go of the namespace; called once, before or after the plugins as the network allows, and not at
   * all when the plugins fail, so that the whole can be tried again.
   */
  readonly releaseNamespace: () => void | Promise<void>;
}

interface Attachment {
  list: NetworkConfigList;
  runtime: RuntimeConf;
}

/**
 * Detaches a sandbox from its network and lets go of its namespace. It goes by what was recorded when the
 * sandbox was attached, not by today's configuration; with no record there is nothing to detach. Safe to
 * repeat, and after a crash at any point of attaching or detaching.
 * @throws RuntimeError INTERNAL naming the plugin that failed
 */
export async function detachSandbox(network: PodNetwork, request: DetachRequest): Promise<void> {
  const { sandboxId, netnsPath, releaseNamespace } = request;
  const attachments = (await network.cni.cachedAttachments(sandboxId)).map((cached) =>
    recorded(network, cached),
  );
  const first = attachments.every(({ list }) => namespaceMayGoFirst(list));
  if (first) await releaseNamespace();
  // By the spec a namespace that is gone is an empty CNI_NETNS.
  const netns = !first && pinState(netnsPath) === 'pinned' ? netnsPath : '';
  for (const { list, runtime } of attachments) {
    try {
      await network.cni.delNetworkList(list, { ...runtime, netns });
    } catch (error) {
      if (error instanceof CniError)
        throw new RuntimeError('INTERNAL', error.message, { cause: error.cause });
      throw error;
    }
  }
  if (!first) await releaseNamespace();
}

/** An attachment with the configuration it was made with. */
function recorded({ config, log }: PodNetwork, cached: CachedAttachment): Attachment {
  try {
    return { list: parseConfList(cached.config), runtime: cached };
  } catch (error) {
    const { selected } = config;
    if (selected?.list.name !== cached.networkName) throw error;
    log.warning('A recorded network configuration cannot be read; using the present one', {
      sandbox: cached.containerId,
      network: cached.networkName,
      error: messageOf(error),
    });
    return { list: selected.list, runtime: cached };
  }
}
