// Values that a container's environment takes from its own pod.
// https://kubernetes.io/docs/concepts/workloads/pods/downward-api/

import { parseQuantity } from '@berth/common/quantity.ts';
import type { Container, Pod } from '../api/pod.ts';
import type { NodeCapacity } from '../node/node-facts.ts';

/** Facts about a pod that are known only when it runs on this node. */
export interface PodPlace {
  /** Addresses of the node, the primary one first. */
  hostIps: string[];
  /** Addresses of the pod, the primary one first; those of the node for a pod on the host's network. */
  podIps: string[];
  /** The node's allocatable resources: the value of `limits` for a container without limits. */
  node: NodeCapacity;
}

/** The value of a `fieldRef`. Throws for a path that has no value as one text. */
export function fieldValue(pod: Pod, fieldPath: string, place: PodPlace): string {
  const keyed = /^metadata\.(labels|annotations)\['(.+)'\]$/.exec(fieldPath);
  if (keyed) {
    const [, map, key = ''] = keyed;
    return (map === 'labels' ? pod.metadata.labels : pod.metadata.annotations)?.[key] ?? '';
  }
  switch (fieldPath) {
    case 'metadata.name':
      return pod.metadata.name;
    case 'metadata.namespace':
      return pod.metadata.namespace;
    case 'metadata.uid':
      return pod.metadata.uid;
    case 'spec.nodeName':
      return pod.spec.nodeName;
    case 'spec.serviceAccountName':
      return pod.spec.serviceAccountName ?? '';
    case 'status.hostIP':
      return place.hostIps[0] ?? '';
    case 'status.hostIPs':
      return place.hostIps.join(',');
    case 'status.podIP':
      return place.podIps[0] ?? '';
    case 'status.podIPs':
      return place.podIps.join(',');
    default:
      throw new Error(`field label not supported: ${fieldPath}`);
  }
}

/**
 * The value of a `resourceFieldRef`: a whole number of `divisor`s, rounded up. A limit that the container does
 * not set is what the node has for pods, a request that it does not set is 0.
 */
export function resourceValue(
  container: Container,
  resource: string,
  divisor: string | undefined,
  node: NodeCapacity,
): string {
  const match = /^(limits|requests)\.(cpu|memory|ephemeral-storage|hugepages-.+)$/.exec(resource);
  if (!match) throw new Error(`unsupported container resource : ${resource}`);
  const [, kind, name = ''] = match;
  const { limits = {}, requests = {} } = container.resources;
  const given = kind === 'limits' ? limits[name] : (requests[name] ?? undefined);
  const nanos =
    given === undefined ? (kind === 'limits' ? capacityOf(name, node) : 0n) : parseQuantity(given).nanos;
  const unit = parseQuantity(divisor === undefined || divisor === '0' ? '1' : divisor).nanos;
  return String((nanos + unit - 1n) / unit);
}

function capacityOf(resource: string, node: NodeCapacity): bigint {
  const units = 1_000_000_000n;
  if (resource === 'cpu') return BigInt(Math.round(node.cpus * 1000)) * 1_000_000n;
  if (resource === 'memory') return BigInt(Math.floor(node.memoryBytes)) * units;
  if (resource === 'ephemeral-storage') return BigInt(Math.floor(node.ephemeralStorageBytes)) * units;
  return 0n;
}
