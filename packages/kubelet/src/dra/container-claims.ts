// Which requests of which claims a container uses, and what it gets for them. Pure.
import type { Container, Pod, PodStatus } from '../api/pod.ts';
import { requestsOf } from '../api/pod-totals.ts';
import { isExtendedResource } from '../node/status/resources.ts';
import { type ClaimInfo, cdiDevicesOf } from './claim-info.ts';
import { extendedClaimOf } from './extended-claim.ts';
import { claimNameOf } from './resource-claim.ts';

/** Extended resources that name a class of devices begin so. */
const classPrefix = 'deviceclass.resource.kubernetes.io/';

/** By name of the claim, the requests that the container uses; an empty one stands for all of the claim. */
export function containerClaims(
  pod: Pod,
  container: Container,
  status: PodStatus | undefined,
): Map<string, string[]> {
  const requests = new Map<string, string[]>();
  const use = (claim: string, request: string): void => {
    requests.set(claim, [...(requests.get(claim) ?? []), request]);
  };
  for (const claim of pod.spec.resourceClaims ?? []) {
    const used = (container.resources.claims ?? []).filter(({ name }) => name === claim.name);
    if (used.length === 0) continue;
    const name = claimNameOf(pod, status, claim);
    if (name !== undefined) for (const each of used) use(name, requestOf(each));
  }
  const extended = extendedClaimOf(status);
  const asked = requestsOf(container);
  for (const { containerName, resourceName, requestName } of extended?.requestMappings ?? []) {
    const isAsked = isClaimable(resourceName) && (asked.get(resourceName) ?? 0n) > 0n;
    if (extended && containerName === container.name && isAsked) use(extended.resourceClaimName, requestName);
  }
  return requests;
}

/** The CDI devices of the container. Throws when a claim that it uses is not known. */
export function containerCdiDevices(
  pod: Pod,
  container: Container,
  status: PodStatus | undefined,
  find: (claim: string) => ClaimInfo | undefined,
): string[] {
  return [...containerClaims(pod, container, status)].flatMap(([name, requests]) => {
    const claim = find(name);
    if (!claim) {
      throw new Error(
        `internal error: unable to get claim info for ResourceClaim ${name} in namespace ${pod.metadata.namespace}`,
      );
    }
    return requests.flatMap((request) => cdiDevicesOf(claim, request));
  });
}

/**
 * The claims that the container uses any request of, with all that their drivers have prepared. Throws when one of them is
 * not known.
 */
export function claimsOfContainer(
  pod: Pod,
  container: Container,
  status: PodStatus | undefined,
  find: (claim: string) => ClaimInfo | undefined,
): ClaimInfo[] {
  const known = (name: string, problem: string): ClaimInfo => {
    const claim = find(name);
    if (!claim) throw new Error(problem);
    return claim;
  };
  const used = new Set((container.resources.claims ?? []).map(({ name }) => name));
  const claims = (pod.spec.resourceClaims ?? []).flatMap((claim) => {
    const name = used.has(claim.name) ? claimNameOf(pod, status, claim) : undefined;
    return name === undefined ? [] : [known(name, `unable to get information for ResourceClaim ${name}`)];
  });
  const extended = extendedClaimOf(status);
  if (!extended?.requestMappings?.some(({ containerName }) => containerName === container.name))
    return claims;
  const { resourceClaimName: name } = extended;
  const where = `claim ${name} in namespace ${pod.metadata.namespace}`;
  return [...claims, known(name, `unable to get claim info for ${where}`)];
}

/** The request that an entry of `resources.claims` names; empty: all of the claim. The field is newer than the types. */
export function requestOf(entry: { name: string; request?: string }): string {
  return entry.request ?? '';
}

/** Whether a resource can be allocated by a claim. */
function isClaimable(resource: string): boolean {
  return isExtendedResource(resource) || resource.startsWith(classPrefix);
}
