// Whether the file system of a claim's volume has to grow, and what the claim says meanwhile. Pure.
import { bytes } from '@berth/common/quantity.ts';
import type { PersistentVolume, PersistentVolumeClaim } from 'kubernetes-types/core/v1.d.ts';

/** How the volume of a claim grows on its node. */
export type Expansion =
  | { do: 'nothing' }
  /** `tells`: the controller follows the steps of the expansion in the claim's status. */
  | { do: 'expand'; size: string; bytes: bigint; tells: boolean };

/** What is to be done for a claim and its volume. */
export function expansionOf({ status = {} }: PersistentVolumeClaim, { spec }: PersistentVolume): Expansion {
  const wanted = spec?.capacity?.['storage'];
  const present = status.capacity?.['storage'];
  if (wanted === undefined || present === undefined || bytes(present) >= bytes(wanted))
    return { do: 'nothing' };
  const state = status.allocatedResourceStatuses?.['storage'];
  const allocated = status.allocatedResources?.['storage'];
  if (state === undefined && allocated === undefined) {
    return { do: 'expand', size: wanted, bytes: bytes(wanted), tells: false };
  }
  if (state !== 'NodeResizePending' && state !== 'NodeResizeInProgress') return { do: 'nothing' };
  const size = allocated ?? wanted;
  return { do: 'expand', size, bytes: bytes(size), tells: true };
}

/** A merge patch of the claim's status. It applies to this version of the claim only. */
export interface ClaimPatch {
  metadata: { resourceVersion: string | undefined };
  status: Record<string, unknown>;
}

/** The volume is being expanded. */
export function expansionBegins(claim: PersistentVolumeClaim): ClaimPatch {
  return patchOf(claim, { allocatedResourceStatuses: { storage: 'NodeResizeInProgress' } });
}

/** The volume has been expanded. */
export function expansionEnded(claim: PersistentVolumeClaim, size: string): ClaimPatch {
  const others = (claim.status?.conditions ?? []).filter(({ type }) => !resizeConditions.includes(type));
  return patchOf(claim, {
    capacity: { storage: size },
    allocatedResourceStatuses: { storage: null },
    conditions: others,
  });
}

/** The driver has refused to expand it. */
export function expansionFailed(claim: PersistentVolumeClaim): ClaimPatch {
  return patchOf(claim, { allocatedResourceStatuses: { storage: 'NodeResizeInfeasible' } });
}

const resizeConditions = [
  'Resizing',
  'FileSystemResizePending',
  'ControllerResizeError',
  'NodeResizeError',
  'ModifyingVolume',
];

function patchOf({ metadata }: PersistentVolumeClaim, status: Record<string, unknown>): ClaimPatch {
  return { metadata: { resourceVersion: metadata?.resourceVersion }, status };
}
