// Has drivers prepare the claims of pods, and unprepare them after the last pod that uses them.
import { messageOf } from '@berth/common/error-message.ts';
import type { Pod, PodStatus } from '../api/pod.ts';
import type { ApiClient } from '../apiserver/api-client.ts';
import type { Claim, Device } from '../generated/dra-v1.ts';
import { rpcErrorText } from '../kubecontainer/rpc-error-text.ts';
import type { ClaimCache } from './claim-cache.ts';
import type { ClaimInfo, PreparedDevice } from './claim-info.ts';
import type { DriverPlugin } from './driver-plugin.ts';
import {
  checkUse,
  newClaim,
  type PodClaim,
  podClaims,
  type ResourceClaim,
  resourceClaims,
} from './resource-claim.ts';

/** What the manager needs. */
export interface ClaimManagerPorts {
  /** Undefined on a standalone node. */
  client: Pick<ApiClient, 'get'> | undefined;
  cache: ClaimCache;
  /** The plugin of a driver. Throws when there is none. */
  plugin(driver: string): Pick<DriverPlugin, 'prepare' | 'unprepare'>;
}

/** Prepares and unprepares claims. */
export class ClaimManager {
  readonly #ports: ClaimManagerPorts;

  constructor(ports: ClaimManagerPorts) {
    this.#ports = ports;
  }

  /**
   * Has all claims of a pod prepared, with its status on the API server. Nothing is changed before all of them are known
   * to be usable: a pod whose driver was never there can be deleted. Which pods use them is on the disk before a driver
   * is called.
   */
  async prepare(pod: Pod, status: PodStatus | undefined, signal: AbortSignal): Promise<void> {
    const { cache, plugin } = this.#ports;
    const usable = new Map<string, ClaimInfo>();
    for (const claim of podClaims(pod, status))
      usable.set(claim.name, await this.#usable(pod, claim, signal));
    if (usable.size === 0) return;
    // A driver that is away makes all of its claims unusable, also those that it has prepared.
    const drivers = new Set([...usable.values()].flatMap((claim) => [...claim.drivers.keys()]));
    const plugins = [...drivers].map((driver) => ({ driver, plugin: plugin(driver) }));
    const claims = [...usable.values()].map((claim) => this.#known(claim));
    for (const claim of claims) {
      claim.podUids.add(pod.metadata.uid);
      cache.add(claim);
    }
    await cache.save();
    const unprepared = claims.filter(({ isPrepared }) => !isPrepared);
    for (const each of plugins) {
      const batch = unprepared.filter((claim) => claim.drivers.has(each.driver));
      if (batch.length === 0) continue;
      const answer = await each.plugin.prepare(batch.map(named), signal).catch((error: unknown) => {
        signal.throwIfAborted();
        throw new Error(`NodePrepareResources: ${rpcErrorText(error)}`, { cause: error });
      });
      // The answer has all devices of the driver: what an earlier try has left is none of them.
      for (const [claim, { devices }] of answered('NodePrepareResources', batch, answer.claims)) {
        claim.drivers.set(each.driver, devices.map(preparedDevice));
      }
    }
    for (const claim of unprepared) claim.isPrepared = true;
    if (unprepared.length > 0) await cache.save();
  }

  /** Reads a claim from the API server. Throws when the pod may not use it, or it is not allocated. */
  async #usable(pod: Pod, podClaim: PodClaim, signal: AbortSignal): Promise<ClaimInfo> {
    const { client } = this.#ports;
    const { name } = podClaim;
    if (!client) throw new Error(`fetch ResourceClaim ${name}: this node has no API server`);
    const where = { name, namespace: pod.metadata.namespace };
    const claim = await client
      .get<ResourceClaim>(resourceClaims, where, { signal })
      .catch((error: unknown) => {
        signal.throwIfAborted();
        throw new Error(`fetch ResourceClaim ${name}: ${messageOf(error)}`, { cause: error });
      });
    checkUse(pod, claim, podClaim);
    return newClaim(claim);
  }

  /** The claim as other pods use it, or this one. Throws when it is given back just now. */
  #known(claim: ClaimInfo): ClaimInfo {
    const known = this.#ports.cache.get(claim.namespace, claim.name);
    if (!known) return claim;
    if (known.uid !== claim.uid) {
      throw new Error(
        `old ResourceClaim with same name ${claim.name} and different UID ${known.uid} still exists (previous pod force-deleted?!)`,
      );
    }
    if (known.isUnpreparing) throw new Error(`ResourceClaim ${claim.name} is being unprepared`);
    return known;
  }

  /** Gives back the claims of a pod whose containers have all ended. Its last users' drivers are called. Idempotent. */
  async unprepare(uid: string): Promise<void> {
    const { cache, plugin } = this.#ports;
    const claims = cache.ofPod(uid);
    if (claims.length === 0) return await cache.saveIfFailed();
    const last = claims.filter(({ podUids }) => podUids.size === 1);
    for (const claim of claims) if (!last.includes(claim)) claim.podUids.delete(uid);
    for (const claim of last) claim.isUnpreparing = true;
    for (const driver of new Set(last.flatMap((claim) => [...claim.drivers.keys()]))) {
      const batch = last.filter((claim) => claim.drivers.has(driver));
      const answer = await plugin(driver)
        .unprepare(batch.map(named))
        .catch((error: unknown) => {
          throw new Error(`NodeUnprepareResources: ${rpcErrorText(error)}`, { cause: error });
        });
      answered('NodeUnprepareResources', batch, answer.claims);
    }
    for (const claim of last) cache.delete(claim);
    await cache.save();
  }
}

/** The claim as drivers know it. */
function named({ namespace, uid, name }: ClaimInfo): Claim {
  return { namespace, uid, name };
}

function preparedDevice({
  poolName,
  deviceName,
  shareId,
  requestNames,
  cdiDeviceIds,
}: Device): PreparedDevice {
  return { poolName, deviceName, shareId, requestNames, cdiDeviceIds };
}

/** The claims with what the driver has answered for each. Throws when one has failed, or is missing. */
function answered<Result extends { error: string }>(
  method: string,
  claims: readonly ClaimInfo[],
  answer: Readonly<Record<string, Result>>,
): [ClaimInfo, Result][] {
  const results = Object.entries(answer).map(([uid, result]): [ClaimInfo, Result] => {
    const claim = claims.find((each) => each.uid === uid);
    if (!claim) throw new Error(`${method} returned result for unknown claim UID ${uid}`);
    if (result.error !== '')
      throw new Error(`${method} failed for ResourceClaim ${claim.name}: ${result.error}`);
    return [claim, result];
  });
  const missing = claims.length - results.length;
  if (missing > 0) throw new Error(`${method} skipped ${missing} ResourceClaims`);
  return results;
}
