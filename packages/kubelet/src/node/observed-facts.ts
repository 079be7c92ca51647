// What admission learns from the node's object in the API, which others change. Pure.
import { parseQuantity } from '@berth/common/quantity.ts';
import type { NodeFacts } from './node-facts.ts';
import type { Node } from './status/node-object.ts';
import { isExtendedResource } from './status/resources.ts';

/** The node as the kubelet knows it, with labels, taints and extended resources of its object. */
export function observedFacts(own: NodeFacts, { metadata, spec, status }: Node): NodeFacts {
  const extended = Object.entries(status?.allocatable ?? {})
    .filter(([name]) => isExtendedResource(name))
    .map(([name, amount]): [string, bigint] => [name, parseQuantity(amount).nanos]);
  const ownAmounts = [...own.allocatable].filter(([name]) => !isExtendedResource(name));
  return {
    ...own,
    // The kubelet sets this label again within seconds when it is wrong.
    labels: { ...metadata.labels, 'kubernetes.io/os': 'linux' },
    taints: spec?.taints ?? [],
    allocatable: new Map([...ownAmounts, ...extended]),
  };
}
