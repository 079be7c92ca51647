import type { CachedAttachment, DamagedRecord } from '@berth/cni/cache/result-cache.ts';
import { type NetworkConfigList, parseConfList } from '@berth/cni/config/conf-list.ts';
import { CniError } from '@berth/cni/spec/errors.ts';
import type { RuntimeConf } from '@berth/cni/spec/runtime-conf.ts';
import { pinState } from '@berth/linux/namespaces/namespaces.ts';
import { messageWithCauses, RuntimeError } from '../rpc/errors.ts';
import { type AttachRequest, attachmentOf, podInterface } from './attach.ts';
import { namespaceMayGoFirst } from './chain.ts';
import type { PodNetwork } from './pod-network.ts';

export interface DetachRequest {
  readonly sandboxId: string;
  /** Path at which the network namespace is or was pinned. */
  readonly netnsPath: string;
  /**
   * The request of the attachment, used when the record is unreadable; undefined for a sandbox that no longer exists.
   */
  readonly pod?: AttachRequest;
  /** The sandbox was attached and not yet detached, so a record has to exist. */
  readonly isAttached?: boolean;
  /**
   * Removes the namespace. Called once, before or after the plugins, depending on the network. Not called when the
   * plugins fail, so that the detach can be retried.
   */
  readonly releaseNamespace: () => void | Promise<void>;
}

interface Attachment {
  /** The network's name in the record. */
  readonly networkName: string;
  readonly list: NetworkConfigList;
  readonly runtime: RuntimeConf;
  /** The record has no result: ADD did not succeed, so the recorded list may be unusable. */
  readonly isHalfMade: boolean;
}

/**
 * Detaches a sandbox from its network and removes its namespace. It uses the configuration recorded at ADD, or the
 * current one when the record is unusable (containerd always uses the current one). Without a record there is nothing
 * to detach, unless the sandbox was attached. Idempotent, also after a crash at any point of attaching or detaching.
 * @throws RuntimeError INTERNAL naming the plugin that failed, UNAVAILABLE while there is no network
 */
export async function detachSandbox(network: PodNetwork, request: DetachRequest): Promise<void> {
  const { netnsPath, releaseNamespace } = request;
  const attachments = await attachmentsOf(network, request);
  const first = attachments.every(({ list }) => namespaceMayGoFirst(list));
  if (first) await releaseNamespace();
  // By the CNI specification, CNI_NETNS is empty when the namespace no longer exists.
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
  await network.cni.forgetUnfinished({ containerId: request.sandboxId, ifName: podInterface });
  if (!first) await releaseNamespace();
}

async function attachmentsOf(network: PodNetwork, request: DetachRequest): Promise<Attachment[]> {
  const { cni, config, log } = network;
  const { sandboxId: sandbox, isAttached = false } = request;
  const attachments = (await cni.getCachedAttachments(sandbox)).map((cached) => recorded(network, cached));
  for (const record of await cni.damagedRecords(sandbox)) {
    log.warning('The record of a network attachment cannot be read; using the current configuration', {
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
  log.warning('The record of a network attachment is gone; using the current configuration', {
    sandbox,
    network: name,
  });
  return [presumed(network, { networkName: name, containerId: sandbox, ifName: podInterface }, request)];
}

/** An attachment with the configuration that ADD used. */
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

/** An attachment whose record is unreadable; only the record's file name is known. */
function presumed(
  network: PodNetwork,
  { networkName, containerId, ifName }: DamagedRecord,
  { pod, netnsPath }: DetachRequest,
): Attachment {
  const runtime = pod === undefined ? { containerId, netns: netnsPath } : attachmentOf(pod);
  const list = presentList(network, networkName, containerId);
  return { networkName, list, runtime: { ...runtime, ifName }, isHalfMade: true };
}

/** The current network of this name, or else the selected one. */
function presentList({ config }: PodNetwork, name: string, sandbox: string): NetworkConfigList {
  const present = config.named(name) ?? config.selected;
  if (present !== undefined) return present.list;
  throw new RuntimeError(
    'UNAVAILABLE',
    `sandbox ${sandbox} cannot be detached from network ${name}: its record cannot be read, and ${config.problem}`,
  );
}

/**
 * Runs DEL for an attachment. When it fails and the recorded list is unusable, because ADD never succeeded with it or
 * a plugin was uninstalled, DEL runs with the current configuration instead, which may have been corrected since.
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
      ? 'DEL with the recorded network configuration failed; running it with the current one'
      : 'A network plugin did not find the resource that it should remove';
    log.warning(why, { sandbox, network: networkName, error: error.message });
    // Let the other plugins release the sandbox's resources, such as its address.
    await cni.delNetworkList(list, runtime, { continueOnError: true }).catch(() => {});
    if (goesByPresent) await cni.delNetworkList(present, runtime);
    await cni.forget(networkName, runtime);
  }
}

/** Whether the error means that the resource does not exist, which go-cni, and so containerd, treats as success. */
function tellsItIsGone({ failure, message }: CniError, { netns }: RuntimeConf): boolean {
  if (failure !== 'plugin') return false;
  return message.includes('not found') || (netns === '' && message.includes('no such file or directory'));
}
