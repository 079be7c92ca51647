// Ranges of user and group ids for pods with users of their own: chosen, and as the text of a file. Pure.
import { isObject } from '@berth/common/json/is-object.ts';
import type { NodeIds } from '../options/subordinate-ids.ts';

/** The ids of one pod: `length` ids from `firstId` on are those from 0 on in the pod. Users and groups alike. */
export interface PodIds {
  firstId: number;
  length: number;
}

/** A range has this length, or several times this. */
const unit = 65_536;

/**
 * A free range; undefined when all are used. `random`, from 0 to below 1, decides where the search begins, so that ids of
 * an ended pod, whose files may be left on the node, are not soon those of another.
 */
export function freeIds(node: NodeIds, used: Iterable<PodIds>, random: number): PodIds | undefined {
  const { firstId, idsPerPod: length } = node;
  const count = Math.floor(node.length / length);
  const taken = new Set<number>();
  for (const range of used) {
    // Ranges of another length were given out with other settings.
    const last = Math.ceil((range.firstId + range.length - firstId) / length);
    for (let slot = Math.floor((range.firstId - firstId) / length); slot < last; slot++) taken.add(slot);
  }
  const start = Math.floor(random * count);
  for (let step = 0; step < count; step++) {
    const slot = (start + step) % count;
    if (!taken.has(slot)) return { firstId: firstId + slot * length, length };
  }
  return undefined;
}

/** The text of a pod's file `userns`, which is the real kubelet's. */
export function idsFileText({ firstId, length }: PodIds): string {
  const mappings = [{ hostId: firstId, containerId: 0, length }];
  return JSON.stringify({ uidMappings: mappings, gidMappings: mappings });
}

/** The ids in a pod's file `userns`. Throws an error that says what is wrong with the file. */
export function parseIdsFile(text: string): PodIds {
  const { uidMappings, gidMappings } = fieldsOf(text);
  if (!Array.isArray(uidMappings) || uidMappings.length !== 1)
    throw new Error('invalid user namespace configuration: no more than one mapping allowed.');
  if (JSON.stringify(gidMappings) !== JSON.stringify(uidMappings))
    throw new Error('invalid user namespace configuration: GID and UID mappings should be identical.');
  const [mapping]: unknown[] = uidMappings;
  const { hostId, containerId, length } = isObject(mapping) ? mapping : {};
  if (containerId !== 0) throw new Error('invalid user namespace configuration: UID 0 must be mapped');
  if (!isId(hostId) || hostId < unit || !isId(length) || length === 0 || length % unit !== 0)
    throw new Error('invalid user namespace configuration: not a range of ids');
  return { firstId: hostId, length };
}

function fieldsOf(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    if (isObject(value)) return value;
  } catch {
    // Not JSON, as below.
  }
  throw new Error('invalid user namespace mappings file: not an object in JSON');
}

function isId(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value < 2 ** 32;
}
