// The CSINode object of a node, and what its drivers add to it and to the node. Pure.
import type { CSINode, CSINodeDriver } from 'kubernetes-types/storage/v1.d.ts';
import type { Node } from '../status/node-object.ts';

/** A CSINode. */
export interface CsiNode extends Omit<CSINode, 'metadata' | 'spec'> {
  metadata: NonNullable<CSINode['metadata']> & { name: string };
  /** The server has null for an empty list. */
  spec: { drivers: CSINodeDriver[] | null };
}

/** What a driver says of its node. */
export interface DriverOnNode {
  name: string;
  nodeId: string;
  /** How many volumes of the driver the node can have; 0: unlimited. */
  maxVolumes: bigint;
  topology: Readonly<Record<string, string>>;
}

const migratedAnnotation = 'storage.alpha.kubernetes.io/migrated-plugins';
/** Kinds of volumes that are their CSI drivers' for good. */
const migrated = [
  'aws-ebs',
  'azure-disk',
  'azure-file',
  'cinder',
  'gce-pd',
  'portworx-volume',
  'vsphere-volume',
]
  .map((name) => `kubernetes.io/${name}`)
  .join(',');
const nodeIdAnnotation = 'csi.volume.kubernetes.io/nodeid';
const maxCount = 2n ** 31n - 1n;

/** The object of a node without drivers. */
export function initialCsiNode({ name, uid }: { name: string; uid: string }): CsiNode {
  return {
    apiVersion: 'storage.k8s.io/v1',
    kind: 'CSINode',
    metadata: {
      name,
      annotations: { [migratedAnnotation]: migrated },
      ownerReferences: [{ apiVersion: 'v1', kind: 'Node', name, uid }],
    },
    // As Go encodes an empty list: the API server notes who has set a list, even an empty one.
    spec: { drivers: null },
  };
}

/** Whether the object is of this very node, and not of an earlier one of its name. */
export function isOwned({ metadata }: CsiNode, { name, uid }: { name: string; uid: string }): boolean {
  return (metadata.ownerReferences ?? []).some(
    (owner) => owner.kind === 'Node' && owner.name === name && owner.uid === uid,
  );
}

/** The object with what this kubelet says of migrated kinds of volumes; the same one if it says so already. */
export function withMigrated(object: CsiNode): CsiNode {
  const annotations = object.metadata.annotations ?? {};
  const names = (text: string) => text.split(',').filter(Boolean).toSorted().join(',');
  if (names(annotations[migratedAnnotation] ?? '') === migrated) return object;
  return {
    ...object,
    metadata: { ...object.metadata, annotations: { ...annotations, [migratedAnnotation]: migrated } },
  };
}

/** The object with the driver; the same one if it has it like that. */
export function withDriver(object: CsiNode, driver: DriverOnNode): CsiNode {
  const wanted = csiNodeDriver(driver);
  const others = driversOf(object).filter(({ name }) => name !== driver.name);
  const former = driversOf(object).find(({ name }) => name === driver.name);
  if (former && isSame(former, wanted)) return object;
  return { ...object, spec: { ...object.spec, drivers: [...others, wanted] } };
}

/** The object without the driver; the same one if it has none of that name. */
export function withoutDriver(object: CsiNode, driver: string): CsiNode {
  const drivers = driversOf(object).filter(({ name }) => name !== driver);
  return drivers.length === driversOf(object).length
    ? object
    : { ...object, spec: { ...object.spec, drivers } };
}

function driversOf({ spec }: CsiNode): CSINodeDriver[] {
  return spec.drivers ?? [];
}

function csiNodeDriver({ name, nodeId, maxVolumes, topology }: DriverOnNode): CSINodeDriver {
  const count = Number(maxVolumes > maxCount ? maxCount : maxVolumes);
  const keys = Object.keys(topology).sort();
  return {
    name,
    nodeID: nodeId,
    ...(keys.length > 0 && { topologyKeys: keys }),
    ...(count > 0 && { allocatable: { count } }),
  };
}

function isSame(one: CSINodeDriver, other: CSINodeDriver): boolean {
  const keys = ({ topologyKeys = [] }: CSINodeDriver) => [...topologyKeys].sort().join('\n');
  return (
    one.nodeID === other.nodeID &&
    keys(one) === keys(other) &&
    one.allocatable?.count === other.allocatable?.count
  );
}

/** The node with the driver's id for it and its topology. Throws when a label has another value. */
export function nodeWithDriver(node: Node, { name, nodeId, topology }: DriverOnNode): Node {
  const { labels = {}, annotations = {} } = node.metadata;
  for (const [key, value] of Object.entries(topology)) {
    const present = labels[key];
    if (present !== undefined && present !== value) {
      throw new Error(
        `detected topology value collision: driver reported "${key}":"${value}" but existing label is "${key}":"${present}"`,
      );
    }
  }
  const ids = { ...nodeIds(node), [name]: nodeId };
  return {
    ...node,
    metadata: {
      ...node.metadata,
      ...(Object.keys(topology).length > 0 && { labels: { ...labels, ...topology } }),
      annotations: { ...annotations, [nodeIdAnnotation]: printed(ids) },
    },
  };
}

/** The node without the driver's id. Its labels stay. */
export function nodeWithoutDriver(node: Node, driver: string): Node {
  const { [driver]: former, ...ids } = nodeIds(node);
  if (former === undefined) return node;
  const { [nodeIdAnnotation]: _ids, ...annotations } = node.metadata.annotations ?? {};
  const isEmpty = Object.keys(ids).length === 0;
  return {
    ...node,
    metadata: {
      ...node.metadata,
      annotations: { ...annotations, ...(!isEmpty && { [nodeIdAnnotation]: printed(ids) }) },
    },
  };
}

function nodeIds({ metadata }: Node): Record<string, string> {
  const text = metadata.annotations?.[nodeIdAnnotation];
  if (!text) return {};
  const value: unknown = JSON.parse(text);
  return Object.fromEntries(Object.entries(Object(value)).map(([key, id]) => [key, String(id)]));
}

/** Sorted, as Go prints a map. */
function printed(ids: Readonly<Record<string, string>>): string {
  return JSON.stringify(Object.fromEntries(Object.entries(ids).sort(([a], [b]) => (a < b ? -1 : 1))));
}
