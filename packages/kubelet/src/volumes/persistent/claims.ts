// Reads the claim of a volume and the persistent volume behind it from the API server, which lets a node read those of its
// pods.

import { messageOf } from '@berth/common/error-message.ts';
import type { PersistentVolume, PersistentVolumeClaim } from 'kubernetes-types/core/v1.d.ts';
import type { Pod } from '../../api/pod.ts';
import type { ApiClient, Resource } from '../../apiserver/api-client.ts';
import { boundVolume, type ClaimRef, checkBound, checkOwner } from './claim-checks.ts';

/** Where claims are in the API. */
export const claims: Resource = { group: '', version: 'v1', plural: 'persistentvolumeclaims' };
const volumes: Resource = { group: '', version: 'v1', plural: 'persistentvolumes' };

/** A claim and what is behind it. */
export interface ResolvedClaim {
  claim: PersistentVolumeClaim;
  volume: PersistentVolume;
}

/** Reads both now. Throws when the pod may not use them, or not yet. */
export async function resolveClaim(
  client: Pick<ApiClient, 'get'>,
  pod: Pod,
  { claimName, isPodsOwn }: ClaimRef,
): Promise<ResolvedClaim> {
  const { namespace } = pod.metadata;
  try {
    const claim = await read<PersistentVolumeClaim>(client, claims, { namespace, name: claimName }, 'PVC');
    const name = boundVolume(claim);
    if (isPodsOwn) checkOwner(pod, claim);
    const volume = await read<PersistentVolume>(client, volumes, { name }, `PV ${name}`);
    checkBound(volume, claim.metadata?.uid ?? '');
    return { claim, volume };
  } catch (error) {
    throw new Error(`error processing PVC ${namespace}/${claimName}: ${messageOf(error)}`, { cause: error });
  }
}

async function read<T extends PersistentVolume | PersistentVolumeClaim>(
  client: Pick<ApiClient, 'get'>,
  resource: Resource,
  object: { namespace?: string; name: string },
  what: string,
): Promise<T> {
  try {
    return await client.get<T>(resource, object);
  } catch (error) {
    throw new Error(`failed to fetch ${what} from API server: ${messageOf(error)}`, { cause: error });
  }
}
