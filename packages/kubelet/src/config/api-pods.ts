// The pods of an API server as this kubelet runs them, and what has changed of each. Pure; api-source.ts watches. The
// server has validated and defaulted them, so that only what a newer or older server writes otherwise is mended.
import { isDeepStrictEqual } from 'node:util';
import { isObject } from '@berth/common/json/is-object.ts';
import { withDefaults } from '../api/defaults.ts';
import { formatFieldErrors } from '../api/field-error.ts';
import type { Pod } from '../api/pod.ts';
import { readShape } from '../api/pod-shape.ts';
import { isBeingDeleted, isMirror, podAnnotation } from '../api/pod-source-of.ts';
import { isPodStatus } from '../api/pod-status-shape.ts';
import type { ServedPod } from '../api/served-pod.ts';
import { isRunnable } from '../api/validation/pod.ts';

/** What a new version of a pod asks the kubelet to do. */
export type PodOperation =
  /** It has not been seen before. */
  | 'add'
  /** Its specification, labels or annotations changed. */
  | 'update'
  /** It has to end gracefully. */
  | 'delete'
  /** Only its status changed, which is the kubelet's: others may have overwritten it. */
  | 'reconcile'
  | 'none';

/** The pods of the server, by UID, mirror pods included. */
export type ServedPods = ReadonlyMap<string, ServedPod>;

/** The state after a change on the server. */
export interface ApiPodsUpdate {
  served: ServedPods;
  /** Whether anything but statuses has changed. */
  isDesiredChanged: boolean;
  /** What cannot be read, and why, by `namespace/name`. */
  unreadable: ReadonlyMap<string, string>;
}

/** The pods after the server's objects were read. What has not changed stays the same object. */
export function updateApiPods(known: ServedPods, objects: readonly unknown[], seen: Date): ApiPodsUpdate {
  const served = new Map<string, ServedPod>();
  const unreadable = new Map<string, string>();
  let isDesiredChanged = false;
  for (const object of objects) {
    const former = known.get(uidOf(object));
    if (former && former.resourceVersion === versionOf(object)) {
      served.set(former.pod.metadata.uid, former);
      continue;
    }
    const read = decodeApiPod(object, seen);
    if ('problem' in read) {
      unreadable.set(read.key, read.problem);
      if (former) served.set(former.pod.metadata.uid, former);
      continue;
    }
    const operation = operationOf(former, read);
    if (operation !== 'reconcile' && operation !== 'none') isDesiredChanged = true;
    served.set(read.pod.metadata.uid, newest(former, read, operation));
  }
  isDesiredChanged ||= [...known.keys()].some((uid) => !served.has(uid));
  return { served, isDesiredChanged, unreadable };
}

/** The pods that this node has to run, oldest first: the order in which they are admitted. */
export function desiredPods(served: ServedPods): Pod[] {
  const created = ({ metadata }: Pod): string => String(metadata.creationTimestamp ?? '');
  return [...served.values()]
    .map(({ pod }) => pod)
    .filter((pod) => !isMirror(pod))
    .sort((one, other) => (created(one) < created(other) ? -1 : created(one) > created(other) ? 1 : 0));
}

/** What the next version of a pod asks for. */
export function operationOf(former: ServedPod | undefined, next: ServedPod): PodOperation {
  if (!former) return 'add';
  if (isDifferent(former.pod, next.pod)) return isBeingDeleted(next.pod) ? 'delete' : 'update';
  return isDeepStrictEqual(former.status, next.status) ? 'none' : 'reconcile';
}

function isDifferent(former: Pod, next: Pod): boolean {
  return !isDeepStrictEqual(content(former), content(next));
}

/** What the kubelet acts by. */
function content({ metadata, spec }: Pod): unknown {
  const { labels = {}, annotations = {}, deletionTimestamp, deletionGracePeriodSeconds } = metadata;
  const { [podAnnotation.seen]: _1, [podAnnotation.source]: _2, ...others } = annotations;
  const { [podAnnotation.mirror]: _3, ...own } = others;
  return { spec, labels, annotations: own, deletionTimestamp, deletionGracePeriodSeconds };
}

/** A pod that only differs in its status stays the same object, which wakes no worker. */
function newest(former: ServedPod | undefined, next: ServedPod, operation: PodOperation): ServedPod {
  if (!former) return next;
  if (operation === 'none' || operation === 'reconcile') return { ...next, pod: former.pod };
  const seen = former.pod.metadata.annotations?.[podAnnotation.seen];
  const annotations = { ...next.pod.metadata.annotations, ...(seen && { [podAnnotation.seen]: seen }) };
  return { ...next, pod: { ...next.pod, metadata: { ...next.pod.metadata, annotations } } };
}

/** The pod of an object of the server, or why it cannot be read. Fields that this kubelet does not know are dropped. */
export function decodeApiPod(object: unknown, seen: Date): ServedPod | { key: string; problem: string } {
  const shape = readShape('Pod', isObject(object) ? object : {});
  if ('errors' in shape) return { key: keyOf(object), problem: formatFieldErrors(shape.errors) };
  // Bookkeeping of server-side apply, which is as large as the rest.
  const { managedFields: _, ...metadata } = shape.object.metadata ?? {};
  const annotations = {
    ...metadata.annotations,
    [podAnnotation.seen]: seen.toISOString().replace('Z', '000000Z'),
    [podAnnotation.source]: 'api',
  };
  const { spec, status } = shape.object;
  const pod = withDefaults({ metadata: { ...metadata, annotations }, ...(spec && { spec }) });
  const isNamed = Boolean(metadata.uid && metadata.name && metadata.namespace);
  if (!spec || !isNamed || !isRunnable(pod, [])) {
    return { key: keyOf(object), problem: 'it has no name, no namespace, no UID or no specification' };
  }
  return {
    pod,
    status: isPodStatus(status) ? status : { phase: 'Pending' },
    resourceVersion: versionOf(object),
  };
}

function metadataOf(object: unknown): Readonly<Record<string, unknown>> {
  return isObject(object) && isObject(object.metadata) ? object.metadata : {};
}

function uidOf(object: unknown): string {
  return String(metadataOf(object).uid ?? '');
}

function versionOf(object: unknown): string {
  return String(metadataOf(object).resourceVersion ?? '');
}

function keyOf(object: unknown): string {
  const { namespace, name } = metadataOf(object);
  return `${String(namespace)}/${String(name)}`;
}
