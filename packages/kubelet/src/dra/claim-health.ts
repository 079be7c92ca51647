// What the status of a container says of the devices of its claims. Pure.
import type { AllocatedResourceStatus, Container, Pod, PodStatus } from '../api/pod.ts';
import { belongsTo, type ClaimInfo, type PreparedDevice } from './claim-info.ts';
import { requestOf } from './container-claims.ts';
import type { Health } from './device-health.ts';
import { claimNameOf } from './resource-claim.ts';

/** What is known of claims and devices. */
export interface KnownHealth {
  find(claim: string): ClaimInfo | undefined;
  health(driver: string, device: PreparedDevice): { health: Health; message: string };
}

/** An entry for each claim, or request of it, that the container uses and that has devices. */
export function claimHealth(
  pod: Pod,
  container: Container,
  status: PodStatus | undefined,
  known: KnownHealth,
): AllocatedResourceStatus[] {
  return (container.resources.claims ?? []).flatMap((used) => {
    const claim = foundClaim(pod, used.name, status, known);
    if (!claim) return [];
    const request = requestOf(used);
    const resources = new Map<string, AllocatedResourceStatus['resources'][number]>();
    for (const [driver, devices] of claim.drivers) {
      // A request that is one of several alternatives is named after its parent.
      for (const device of devices.filter((each) => belongsTo(each, request.split('/')[0] ?? ''))) {
        const resourceID = device.cdiDeviceIds[0] ?? `${driver}/${device.poolName}/${device.deviceName}`;
        const { health, message } = known.health(driver, device);
        if (!resources.has(resourceID))
          resources.set(resourceID, { resourceID, health, ...(message !== '' && { message }) });
      }
    }
    const name = request === '' ? `claim:${used.name}` : `claim:${used.name}/${request}`;
    return resources.size === 0 ? [] : [{ name, resources: [...resources.values()] }];
  });
}

function foundClaim(
  pod: Pod,
  podClaim: string,
  status: PodStatus | undefined,
  { find }: KnownHealth,
): ClaimInfo | undefined {
  const claim = pod.spec.resourceClaims?.find(({ name }) => name === podClaim);
  const made = status?.resourceClaimStatuses?.some(({ name }) => name === podClaim);
  // A template's claim that is not there yet.
  if (!claim || (claim.resourceClaimName === undefined && !made)) return undefined;
  const name = claimNameOf(pod, status, claim);
  return name === undefined ? undefined : find(name);
}
