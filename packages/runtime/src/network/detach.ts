import type { CachedAttachment, DamagedRecord } from '@berth/cni/cache/result-cache.ts';
import { type NetworkConfigList, parseConfList } from '@berth/cni/config/conf-list.ts';
import { CniError } from '@berth/cni/spec/errors.ts';
import type { RuntimeConf } from '@berth/cni/spec/runtime-conf.ts';
import { pinState } from '@berth/linux/namespaces/namespaces.ts';
import { messageWithCauses, RuntimeError } from '../rpc/errors.ts';
import { type AttachRequest, attachmentOf, POD_INTERFACE } from './attach.ts';
import { namespaceMayGoFirst } from './chain.ts';
import type { PodNetwork } from './pod-network.ts';

export interface DetachRequest {
  readonly sandboxId: string;
  /** Where the network namespace is or was pinned. */
  readonly netnsPath: string;
  /** What the sandbox was attached with, for a record that cannot be read; undefined for one that is gone. */
  readonly pod?: AttachRequest;
  /** The sandbox was attached and not yet detached, so that there has to be a record. */
  readonly isAttached?: boolean;
  /**
   * Lets go of the namespace; called once, before or after the plugins as the network allows, and not at
   * all when the plugins fail, so that the whole can be tried again.
   */
  readonly releaseNamespace: () => void | Promise<void>;
}

interface Attachment {
  /** The network's name in the record. */
  readonly networkName: string;
  readonly list: NetworkConfigList;
  readonly runtime: RuntimeConf;
  /** The plugins never answered as far as the record tells, so that the list may be one that cannot work. */
  readonly isHalfMade: boolean;
}

/**
 * Detaches a sandbox from its network and lets go of its namespace. It goes by what was recorded when the sandbox was
 * attached; by today's configuration, which containerd always goes by, where the record is of no use. With no record
 * there is nothing to detach, unless the sandbox was attached. Safe to repeat, and after a crash at any point of
 * attaching or detaching.
 * @throws RuntimeError INTERNAL naming the plugin that failed, UNAVAILABLE while there is no network to go by
 */
export async function detachSandbox(network: PodNetwork, request: DetachRequest): Promise<void> {
  const { netnsPath, releaseNamespace } = request;
  const attachments = await attachmentsOf(network, request);
  const first = attachments.every(({ list }) => namespaceMayGoFirst(list));
  if (first) await releaseNamespace();
  // By the spec a namespace that is gone is an empty CNI_NETNS.
  const netns = !first && pinState(netnsPath) === 'pinned' ? netnsPath : '';
  for (const attachment of attachments) {
    try {
      await detach(network, { ...attachment, runtime: { ...attachment.runtime, netns } });
    } catch (error) {
      if (error instanceof CniError)
        throw new RuntimeError('INTERNAL', error.message, { cause: error.cause });
      throw error;
    }
  }
  await network.cni.forgetUnfinished({ containerId: request.sandboxId, ifName: POD_INTERFACE });
  if (!first) await releaseNamespace();
}

async function attachmentsOf(network: PodNetwork, request: DetachRequest): Promise<Attachment[]> {
  const { cni, config, log } = network;
  const { sandboxId: sandbox, isAttached = false } = request;
  const attachments = (await cni.getCachedAttachments(sandbox)).map((cached) => recorded(network, cached));
  for (const record of await cni.damagedRecords(sandbox)) {
    log.warning('The record of a network attachment cannot be read; going by the present configuration', {
      sandbox,
      network: record.networkName,
    });
    attachments.push(presumed(network, record, request));
  }
  if (attachments.length > 0 || !isAttached) return attachments;
  if (config.selected === undefined) {
    log.warning('The record of a network attachment is gone, and there is no network to detach from', {
      sandbox,
    });
    return [];
  }
  const { name } = config.selected.list;
  log.warning('The record of a network attachment is gone; going by the present configuration', {
    sandbox,
    network: name,
  });
  return [presumed(network, { networkName: name, containerId: sandbox, ifName: POD_INTERFACE }, request)];
}

/** An attachment with the configuration it was made with. */
function recorded(network: PodNetwork, cached: CachedAttachment): Attachment {
  const { networkName } = cached;
  const attachment = { networkName, runtime: cached, isHalfMade: cached.result === undefined };
  try {
    return { ...attachment, list: parseConfList(cached.config) };
  } catch (error) {
    network.log.warning('A recorded network configuration cannot be read; using the present one', {
      sandbox: cached.containerId,
      network: networkName,
      error: messageWithCauses(error),
    });
    return { ...attachment, list: presentList(network, networkName, cached.containerId) };
  }
}

/** An attachment of which only the name of its record is known. */
function presumed(
  network: PodNetwork,
  { networkName, containerId, ifName }: DamagedRecord,
  { pod, netnsPath }: DetachRequest,
): Attachment {
  const runtime = pod === undefined ? { containerId, netns: netnsPath } : attachmentOf(pod);
  const list = presentList(network, networkName, containerId);
  return { networkName, list, runtime: { ...runtime, ifName }, isHalfMade: true };
}

/** Today's network of a name, or else the one that pods are attached to today. */
function presentList({ config }: PodNetwork, name: string, sandbox: string): NetworkConfigList {
  const present = config.named(name) ?? config.selected;
  if (present !== undefined) return present.list;
  throw new RuntimeError(
    'UNAVAILABLE',
    `sandbox ${sandbox} cannot be detached from network ${name}: its record cannot be read, and ${config.problem}`,
  );
}

/**
 * Has the plugins undo an attachment. When they cannot and the list is of no use, because ADD never succeeded with it
 * or a plugin of it is not installed any more, the present network has the word: somebody has corrected the one that
 * made ADD fail, or has replaced it.
 */
async function detach(network: PodNetwork, attachment: Attachment): Promise<void> {
  const { cni, config, log } = network;
  const { networkName, list, runtime, isHalfMade } = attachment;
  const sandbox = runtime.containerId;
  try {
    await cni.delNetworkList(list, runtime);
    if (list.name !== networkName) await cni.forget(networkName, runtime);
    return;
  } catch (error) {
    if (!(error instanceof CniError)) throw error;
    const present = (config.named(networkName) ?? config.selected)?.list;
    const goesByPresent =
      (isHalfMade || error.failure === 'missing') && present !== undefined && present.text !== list.text;
    if (!goesByPresent && !tellsItIsGone(error, runtime)) throw error;
    const why = goesByPresent
      ? 'Detaching by the recorded network configuration failed; going by the present one'
      : 'A network plugin did not find what it was to remove';
    log.warning(why, { sandbox, network: networkName, error: error.message });
    // What the other plugins hold for the sandbox, such as its address.
    await cni.delNetworkList(list, runtime, { continueOnError: true }).catch(() => {});
    if (goesByPresent) await cni.delNetworkList(present, runtime);
    await cni.forget(networkName, runtime);
  }
}

/** A plugin's complaint that something is gone, which go-cni, and with it containerd, takes for a success. */
function tellsItIsGone({ failure, message }: CniError, { netns }: RuntimeConf): boolean {
  if (failure !== 'plugin') return false;
  return message.includes('not found') || (netns === '' && message.includes('no such file or directory'));
}
