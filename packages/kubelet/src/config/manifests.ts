// The state of each manifest file: which pods run and which objects serve them, what is rejected and why. Pure;
// file-source.ts watches and reads.
import { isDeepStrictEqual } from 'node:util';
import { formatFieldErrors } from '../api/field-error.ts';
import { type Pod, podKey } from '../api/pod.ts';
import { podAnnotation } from '../api/pod-source-of.ts';
import { ObjectBudget } from '../objects/budget.ts';
import { objectKey, refTo } from '../objects/objects.ts';
import type { NodeObject } from '../objects/types.ts';
import { validateUpdate } from '../objects/update.ts';
import type { Decoded } from './decode.ts';
import type { PodUpdate, RejectedManifest } from './pod-source.ts';

/** Maximum size of a manifest. */
export const maxManifestBytes = 10 * 1024 * 1024;

/** The state of one file. */
export interface ManifestFile {
  /** Its running pods: those of the newest text, or of an older text while the newest is invalid. */
  pods: readonly Pod[];
  /** Its ConfigMaps and Secrets, in the same way. */
  objects: readonly NodeObject[];
  /** The errors in its newest text. */
  rejected: readonly RejectedManifest[];
  /** Fields without effect in its newest text, by pod or object. */
  warnings?: readonly (Subject & { message: string })[];
}

/** What a message is about, if that is known. */
type Subject = Pick<RejectedManifest, 'pod' | 'object'>;

/** A pod or an object. */
type Item = { pod: Pod; object?: undefined } | { object: NodeObject; pod?: undefined };

/**
 * The state after the file was read again. What became invalid stays as it was, so that an editor's half-written file
 * kills nothing; what is no longer in the file is terminated or removed.
 */
export function updateFile(
  file: string,
  before: ManifestFile | undefined,
  decoded: readonly Decoded[],
): ManifestFile {
  const former = new Map((before ? itemsOf(before) : []).map((item) => [keyOf(item), item]));
  const items: Item[] = [];
  const rejected: RejectedManifest[] = [];
  const warnings: (Subject & { message: string })[] = [];
  const reject = (key: string | undefined, message: string): void => {
    const lastGood = key === undefined ? undefined : former.get(key);
    if (lastGood) items.push(lastGood);
    rejected.push({ file, ...subjectOf(key), message, lastGoodRuns: lastGood !== undefined });
  };
  for (const entry of decoded) {
    if (!entry.ok) {
      reject(entry.key, entry.message);
      continue;
    }
    const key = keyOf(entry);
    const known = former.get(key);
    const faults = known?.object && entry.object ? validateUpdate(known.object, entry.object) : [];
    if (faults.length > 0) reject(key, formatFieldErrors(faults));
    else {
      warnings.push(...entry.warnings.map((message) => ({ ...subjectOf(key), message })));
      items.push(known && isSame(known, entry) ? known : newest(known, entry));
    }
  }
  if (!decoded.some((entry) => !entry.ok && entry.key === undefined))
    return { ...split(items), rejected, warnings };
  const lost = lostItems(former, items);
  // Which of the documents that cannot be read was which pod is not known.
  const told = rejected.map((each) =>
    each.pod === undefined && each.object === undefined ? { ...each, lastGoodRuns: lost.length > 0 } : each,
  );
  return { ...split([...items, ...lost]), rejected: told, warnings };
}

function itemsOf({ pods, objects }: ManifestFile): Item[] {
  return [...pods.map((pod) => ({ pod })), ...objects.map((object) => ({ object }))];
}

function split(items: readonly Item[]): Pick<PodUpdate, 'pods' | 'objects'> {
  return {
    pods: items.flatMap(({ pod }) => (pod ? [pod] : [])),
    objects: items.flatMap(({ object }) => (object ? [object] : [])),
  };
}

/** `namespace/name` of a pod; with the kind in front of an object. */
function keyOf(item: Item): string {
  return item.pod ? podKey(item.pod) : objectKey(refTo(item.object));
}

function isSame(known: Item, item: Item): boolean {
  return known.pod
    ? item.pod !== undefined && isSamePod(known.pod, item.pod)
    : known.object.object.resourceVersion === item.object?.object.resourceVersion;
}

function newest(known: Item | undefined, { pod, object }: Item): Item {
  if (!pod) return { object };
  return { pod: known?.pod ? asUpdate(known.pod, pod) : pod };
}

/**
 * Whether nothing of a pod has changed but when it was first read. A manifest with a UID of its own makes the same pod
 * after every change, with another specification.
 */
export function isSamePod(known: Pod, pod: Pod): boolean {
  if (known.metadata.uid !== pod.metadata.uid) return false;
  const content = ({ metadata: { annotations = {}, ...metadata }, ...rest }: Pod): unknown => {
    const { [seenAnnotation]: _, ...others } = annotations;
    return { ...rest, metadata: { ...metadata, annotations: others } };
  };
  return isDeepStrictEqual(content(known), content(pod));
}

/** When a manifest was first read: the change of a pod keeps it. */
const seenAnnotation = podAnnotation.seen;

/** The newer version of a pod that is known. */
function asUpdate(known: Pod, pod: Pod): Pod {
  const seen = known.metadata.annotations?.[seenAnnotation];
  if (known.metadata.uid !== pod.metadata.uid || seen === undefined) return pod;
  const annotations = { ...pod.metadata.annotations, [seenAnnotation]: seen };
  return { ...pod, metadata: { ...pod.metadata, annotations } };
}

function subjectOf(key: string | undefined): Subject {
  if (key === undefined) return {};
  return /^(ConfigMap|Secret) /.test(key) ? { object: key } : { pod: key };
}

/** The earlier pods and objects of documents that cannot be parsed now. */
function lostItems(former: ReadonlyMap<string, Item>, items: readonly Item[]): Item[] {
  const present = new Set(items.map(keyOf));
  const missing = [...former].filter(([key]) => !present.has(key)).map(([, item]) => item);
  return missing.slice(missing.length - Math.max(0, former.size - items.length));
}

/** The state after a read without any usable document: keeps the pods and objects. */
export function failFile(file: string, before: ManifestFile | undefined, message: string): ManifestFile {
  const { pods, objects } = before ?? { pods: [], objects: [] };
  return { pods, objects, rejected: [{ file, message, lastGoodRuns: pods.length + objects.length > 0 }] };
}

/** Joins all files, in the order of their names. Of two pods or objects with one name, the first counts. */
export function combineFiles(
  files: ReadonlyMap<string, ManifestFile>,
): Pick<PodUpdate, 'pods' | 'objects' | 'files' | 'rejected'> {
  const origins = new Map<string, string>();
  const owner = new Map<string, string>();
  const budget = new ObjectBudget();
  const items: Item[] = [];
  const rejected: RejectedManifest[] = [];
  for (const [file, manifest] of [...files].sort(([a], [b]) => (a < b ? -1 : 1))) {
    rejected.push(...manifest.rejected);
    for (const item of itemsOf(manifest)) {
      const key = keyOf(item);
      const first = owner.get(key);
      const problem =
        first === undefined
          ? item.object && budget.spend(item.object)
          : `metadata.name: Duplicate value: ${item.pod ? 'pod ' : ''}${key} is already defined by ${first}; rename one or remove one of the two`;
      if (problem === undefined) {
        owner.set(key, file);
        if (item.pod) origins.set(item.pod.metadata.uid, file);
        items.push(item);
      } else rejected.push({ file, ...subjectOf(key), message: problem, lastGoodRuns: false });
    }
  }
  return { ...split(items), files: origins, rejected };
}
