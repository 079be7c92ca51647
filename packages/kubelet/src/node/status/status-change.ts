// Whether a node's status has to be sent, and the patch that sends it.
import { isDeepStrictEqual } from 'node:util';
import { strategicMergePatch } from '../../apiserver/strategic-merge.ts';
import type { Node, NodeCondition, NodeStatus } from './node-object.ts';
import { isSameResources } from './resources.ts';

const mergeKeys = {
  'metadata.ownerReferences': 'uid',
  'status.conditions': 'type',
  'status.addresses': 'type',
};

/** Whether anything but heartbeats differs. Amounts are compared as such, and conditions in any order. */
export function isStatusChanged(before: NodeStatus = {}, after: NodeStatus = {}): boolean {
  return (
    !isSameResources(before.capacity, after.capacity) ||
    !isSameResources(before.allocatable, after.allocatable) ||
    !isDeepStrictEqual(comparable(before), comparable(after))
  );
}

/** Empty lists equal absent ones. */
function comparable(status: NodeStatus): object {
  const { capacity: _capacity, allocatable: _allocatable, conditions = [], ...others } = status;
  const withoutHeartbeat = ({ lastHeartbeatTime: _time, ...condition }: NodeCondition) => condition;
  return {
    ...Object.fromEntries(
      Object.entries(others).filter(
        ([, value]) => value !== undefined && !(Array.isArray(value) && value.length === 0),
      ),
    ),
    conditions: conditions.map(withoutHeartbeat).toSorted((a, b) => (a.type < b.type ? -1 : 1)),
  };
}

/**
 * The strategic merge patch of the subresource `status`, as component-helpers' PatchNodeStatus makes it: labels and
 * annotations go with it, the specification does not. Addresses are replaced as a whole, because several have one type.
 */
export function nodeStatusPatch(before: Node, after: Node): Record<string, unknown> {
  const formerAddresses = before.status?.addresses ?? [];
  const addresses = after.status?.addresses ?? [];
  const replacesAddresses = formerAddresses.length > 0 && !isDeepStrictEqual(formerAddresses, addresses);
  const patched = {
    ...after,
    spec: before.spec,
    status: { ...after.status, ...(replacesAddresses && { addresses: formerAddresses }) },
  };
  const patch = strategicMergePatch(before, patched, mergeKeys);
  if (!replacesAddresses) return patch;
  return {
    ...patch,
    status: { ...Object(patch['status']), addresses: [...addresses, { $patch: 'replace' }] },
  };
}
