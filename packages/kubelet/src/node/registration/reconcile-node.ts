// Brings a node that was registered before up to date, as the real kubelet does when it starts.
import { compareQuantities } from '@berth/common/quantity.ts';
import type { Node } from '../status/node-object.ts';
import { isExtendedResource } from '../status/resources.ts';
import { controllerAttachesAnnotation } from './initial-node.ts';

/** Labels that the kubelet sets again when they differ. */
const ownLabels: readonly string[] = [
  'kubernetes.io/hostname',
  'topology.kubernetes.io/zone',
  'topology.kubernetes.io/region',
  'failure-domain.beta.kubernetes.io/zone',
  'failure-domain.beta.kubernetes.io/region',
  'node.kubernetes.io/instance-type',
  'beta.kubernetes.io/instance-type',
  'kubernetes.io/os',
  'kubernetes.io/arch',
  'node.kubernetes.io/windows-build',
  'beta.kubernetes.io/os',
  'beta.kubernetes.io/arch',
];

type Resources = Record<string, string>;

/**
 * The registered node with what this kubelet knows better: default labels, the annotation for attached volumes, sizes
 * of huge pages. Extended resources become 0 until a device plugin reports them again, when `resetsExtended`.
 */
export function reconciledNode(initial: Node, registered: Node, resetsExtended: boolean): Node {
  const { capacity = {}, allocatable = {} } = registered.status ?? {};
  const lists = {
    capacity: { ...(registered.status?.capacity ?? initial.status?.capacity) },
    allocatable: { ...(registered.status?.allocatable ?? initial.status?.allocatable) },
  };
  if (resetsExtended) {
    for (const name of Object.keys(capacity).filter(isExtendedResource)) {
      lists.capacity[name] = '0';
      lists.allocatable[name] = '0';
    }
  }
  reconcileHugePages(initial, { capacity, allocatable }, lists);
  return {
    ...registered,
    metadata: {
      ...registered.metadata,
      labels: labelsOf(initial, registered),
      ...annotationsOf(initial, registered),
    },
    status: { ...registered.status, ...lists },
  };
}

function labelsOf(initial: Node, registered: Node): Record<string, string> {
  const labels = { ...registered.metadata.labels };
  for (const label of ownLabels) {
    const wanted = initial.metadata.labels?.[label];
    if (wanted === '') delete labels[label];
    else if (wanted !== undefined) labels[label] = wanted;
  }
  return labels;
}

function annotationsOf(initial: Node, registered: Node): Pick<Node['metadata'], 'annotations'> {
  const wanted = initial.metadata.annotations?.[controllerAttachesAnnotation];
  const { [controllerAttachesAnnotation]: present, ...others } = registered.metadata.annotations ?? {};
  if (wanted === present) return {};
  return {
    annotations: { ...others, ...(wanted !== undefined && { [controllerAttachesAnnotation]: wanted }) },
  };
}

function reconcileHugePages(
  initial: Node,
  former: { capacity: Resources; allocatable: Resources },
  lists: { capacity: Resources; allocatable: Resources },
): void {
  const supported = initial.status?.capacity ?? {};
  const isHugePages = (name: string): boolean => name.startsWith('hugepages-');
  for (const kind of ['capacity', 'allocatable'] as const) {
    for (const [name, amount] of Object.entries(initial.status?.[kind] ?? {})) {
      if (!isHugePages(name)) continue;
      const present = former[kind][name];
      if (present === undefined || compareQuantities(present, amount) !== 0) lists[kind][name] = amount;
    }
    for (const name of Object.keys(lists[kind])) {
      if (isHugePages(name) && !(name in supported)) delete lists[kind][name];
    }
  }
}
