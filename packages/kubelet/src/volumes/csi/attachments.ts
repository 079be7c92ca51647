// Whether a volume has been attached to this node. Controllers of the cluster attach it; the kubelet only waits. Pure.
import type { VolumeAttachment } from 'kubernetes-types/storage/v1.d.ts';
import type { Node } from '../../node/status/node-object.ts';

/** Why a volume cannot be used yet; undefined: the node's status has it. */
export function attachProblem(node: Node | undefined, volume: string): string | undefined {
  if (!node?.status?.volumesInUse?.includes(volume)) {
    return "Volume has not been added to the list of VolumesInUse in the node's volume status";
  }
  if (!node.status.volumesAttached?.some(({ name }) => name === volume)) {
    return 'Volume not attached according to node status';
  }
  return undefined;
}

/** What the attacher says to the driver. Throws while the volume is not attached. */
export function publishContext(attachment: VolumeAttachment, handle: string): Record<string, string> {
  const { metadata, status } = attachment;
  const name = metadata?.name ?? '';
  if (metadata?.deletionTimestamp !== undefined) throw new Error('volume attachment is being deleted');
  if (status?.attached !== true) {
    const problem = status?.attachError?.message;
    if (problem) throw new Error(problem);
    throw new Error(`volume ${handle} is not attached for volume attachment ${name}`);
  }
  return status.attachmentMetadata ?? {};
}
