// The claims that a pod uses, and which of them it may use, as the real kubelet decides it. Pure.
import type { Pod, PodResourceClaim, PodStatus } from '../api/pod.ts';
import type { ApiObject, Resource } from '../apiserver/api-client.ts';
import type { ClaimInfo } from './claim-info.ts';
import { extendedClaimOf } from './extended-claim.ts';

/** Where claims are in the API. */
export const resourceClaims: Resource = {
  group: 'resource.k8s.io',
  version: 'v1',
  plural: 'resourceclaims',
};

/** A device that the scheduler has allocated to a claim. */
export interface AllocatedDevice {
  driver: string;
  /** Set only with the feature gate DRAOptionalNodeOperations. */
  skipNodeOperations?: readonly string[];
}

/** A claim of the API, as far as a node looks at it. */
export interface ResourceClaim extends ApiObject {
  status?: {
    allocation?: { devices?: { results?: readonly AllocatedDevice[] } };
    reservedFor?: readonly { uid?: string }[];
  };
}

/** A claim that a pod uses. */
export interface PodClaim {
  /** Its name in the pod; empty for that of extended resources. */
  podClaimName: string;
  name: string;
  /** Whether it was made for the pod, which owns it then. */
  mustBeOwned: boolean;
}

/**
 * The name of a claim of the pod; undefined when none had to be made. Throws when one that is made from a template is
 * not there yet.
 */
export function claimNameOf(
  { metadata }: Pod,
  status: PodStatus | undefined,
  claim: PodResourceClaim,
): string | undefined {
  if (claim.resourceClaimName !== undefined) return claim.resourceClaimName;
  const pod = `pod "${metadata.namespace}/${metadata.name}"`;
  if (claim.resourceClaimTemplateName === undefined) {
    throw new Error(
      `${pod}, spec.resourceClaim ${JSON.stringify(claim.name)}: none of the supported fields are set`,
    );
  }
  const made = status?.resourceClaimStatuses?.find(({ name }) => name === claim.name);
  if (!made) throw new Error(`${pod}: ResourceClaim not created yet`);
  return made.resourceClaimName;
}

/** All claims that the pod uses. Throws as claimNameOf. */
export function podClaims(pod: Pod, status: PodStatus | undefined): PodClaim[] {
  const claims: PodClaim[] = (pod.spec.resourceClaims ?? []).flatMap((claim) => {
    const name = claimNameOf(pod, status, claim);
    const mustBeOwned = claim.resourceClaimName === undefined;
    return name === undefined ? [] : [{ podClaimName: claim.name, name, mustBeOwned }];
  });
  const extended = extendedClaimOf(status);
  if (extended) claims.push({ podClaimName: '', name: extended.resourceClaimName, mustBeOwned: false });
  return claims;
}

/** Throws when the pod may not use the claim. */
export function checkUse(pod: Pod, claim: ResourceClaim, { name, mustBeOwned }: PodClaim): void {
  const { metadata } = pod;
  const controller = claim.metadata?.ownerReferences?.find((owner) => owner.controller === true);
  if (mustBeOwned && controller?.uid !== metadata.uid) {
    const [theirs, ours] = [claim.metadata?.namespace, metadata.namespace];
    throw new Error(
      `ResourceClaim ${theirs}/${name} was not created for Pod ${ours}/${metadata.name} (Pod is not owner)`,
    );
  }
  if (claim.status?.reservedFor?.some(({ uid }) => uid === metadata.uid)) return;
  throw new Error(
    `pod ${metadata.name} (${metadata.uid}) is not allowed to use ResourceClaim ${name} (${claim.metadata?.uid})`,
  );
}

/** What is known of a claim before its drivers have prepared it. Throws when it cannot be prepared here. */
export function newClaim({ metadata, status }: ResourceClaim): ClaimInfo {
  const { uid = '', name = '', namespace = '' } = metadata ?? {};
  if (!status?.allocation) throw new Error(`ResourceClaim ${name}: not allocated`);
  const results = status.allocation.devices?.results ?? [];
  if (results.some(({ skipNodeOperations = [] }) => skipNodeOperations.length > 0)) {
    throw new Error(`ResourceClaim ${name}: DRAOptionalNodeOperations feature gate is disabled on kubelet`);
  }
  return {
    uid,
    name,
    namespace,
    podUids: new Set(),
    drivers: new Map(results.map(({ driver }) => [driver, []])),
    isPrepared: false,
    isUnpreparing: false,
  };
}
