// The status of a node, as the setters of pkg/kubelet/nodestatus compute it one after the other.
import { nodeAddresses, providedAddressAnnotation } from './addresses.ts';
import { nodeConditions } from './conditions.ts';
import { nodeImages } from './images.ts';
import type { Node, NodeStatus } from './node-object.ts';
import { nodeResources } from './resources.ts';
import type { StatusFacts } from './status-facts.ts';

/** A node with its new status, and what is to be told of it. */
export interface ComputedNode {
  node: Node;
  /** Events of the node: their reasons, which are told as `Node NAME status is now: REASON`. */
  events: string[];
  /** The boot id when the node was in another boot before. */
  rebooted: string | undefined;
  /** What could not be computed, for the log. */
  problem: string | undefined;
}

/** The node that follows `former` at the time `now`, in milliseconds since the epoch. */
export function withStatus(former: Node, facts: StatusFacts, now: number): ComputedNode {
  const before: NodeStatus = former.status ?? {};
  const addresses = nodeAddresses(before.addresses ?? [], facts.addresses);
  const { capacity, allocatable } = nodeResources(before, facts.resources);
  const formerBoot = before.nodeInfo?.bootID;
  const { bootID } = facts.nodeInfo;
  const { resources } = facts;
  const missing = ['cpu', 'memory', 'ephemeral-storage'].filter((name) => !resources.capacity.has(name));
  const problems = [
    ...facts.problems,
    ...(missing.length > 0 ? [`missing node capacity for resources: ${missing.join(', ')}`] : []),
  ];
  const { conditions, events } = nodeConditions(
    before.conditions ?? [],
    { pressures: facts.pressures, problems },
    new Date(now).toISOString().replace(/\.\d+Z$/, 'Z'),
  );
  const images = nodeImages(facts.images, facts.maxImages);
  const { images: _images, volumesInUse: formerVolumes, runtimeHandlers: _handlers, ...kept } = before;
  const volumesInUse = facts.volumesInUse ?? formerVolumes ?? [];
  const status: NodeStatus = {
    ...kept,
    ...('addresses' in addresses && { addresses: addresses.addresses }),
    capacity,
    allocatable,
    nodeInfo: { ...facts.nodeInfo },
    daemonEndpoints: { kubeletEndpoint: { Port: facts.kubeletPort } },
    ...(images.length > 0 && { images }),
    ...(facts.runtimeHandlers.length > 0 && {
      runtimeHandlers: facts.runtimeHandlers.toSorted((a, b) => (a.name < b.name ? -1 : 1)),
    }),
    ...(facts.runtimeFeatures && { features: { ...facts.runtimeFeatures } }),
    conditions,
    ...(volumesInUse.length > 0 && { volumesInUse: [...volumesInUse] }),
    declaredFeatures: [...facts.declaredFeatures],
  };
  return {
    node: { ...former, metadata: annotated(former.metadata, addresses), status },
    events,
    rebooted: formerBoot && formerBoot !== bootID ? bootID : undefined,
    problem: 'problem' in addresses ? addresses.problem : undefined,
  };
}

function annotated(
  metadata: Node['metadata'],
  addresses: ReturnType<typeof nodeAddresses>,
): Node['metadata'] {
  if ('problem' in addresses) return metadata;
  const { [providedAddressAnnotation]: former, ...others } = metadata.annotations ?? {};
  if (former === addresses.annotation) return metadata;
  const { annotation } = addresses;
  return {
    ...metadata,
    annotations: { ...others, ...(annotation !== undefined && { [providedAddressAnnotation]: annotation }) },
  };
}
