// PURE: what is compared of pods, events and requests, in a form that does not depend on the run.
import type { AuditedRequest } from '../cluster/audit.ts';
import { containersOf, type ListedContainer } from '../compare-kubelet/manifest-case.ts';
import { type Json, type Names, normalised } from '../compare-kubelet/normalise.ts';
import { statusIds } from '../compare-kubelet/observe/pod.ts';
import { withoutTurns } from '../compare-kubelet/observe/turns.ts';
import type { PodHistory, ServedEvent, ServedPod } from './cluster-log.ts';
import { type SideName, sideNames } from './side.ts';

/** A pod's metadata and status, and its specification where kubelets have a say in it. */
export function comparablePod(side: SideName, pod: ServedPod): Json {
  const { uid: _uid, ...metadata } = pod.metadata;
  return normalised({ metadata: comparableMetadata(metadata), status: pod.status }, podNames(side, pod));
}

/** The same of one whose containers go on restarting. */
export function comparableTurn(side: SideName, pod: ServedPod): Json {
  return withoutTurns(comparablePod(side, pod));
}

interface ManagedFields {
  manager: string;
  operation: string;
  subresource?: string;
}

/** Metadata without what is another in each run. Of its managers there are the fields that they manage. */
export function comparableMetadata(metadata: object): Json {
  const {
    resourceVersion: _version,
    uid: _uid,
    managedFields = [],
    ...rest
  } = metadata as { resourceVersion?: string; uid?: string; managedFields?: ManagedFields[] };
  return normalised({ ...rest, managedFields: managedFields.toSorted(byManager) });
}

/** The server has them by time, in whole seconds. */
function byManager(one: ManagedFields, other: ManagedFields): number {
  const [first, second] = [one, other].map(
    ({ manager, operation, subresource = '' }) => `${manager} ${operation} ${subresource}`,
  ) as [string, string];
  return first < second ? -1 : Number(first > second);
}

function podNames(side: SideName, pod: ServedPod): Names {
  const { uid, annotations = {}, ownerReferences = [] } = pod.metadata;
  return sideNames(side, [
    [uid, 'UID'],
    // A mirror pod: of its static pod, and of its node.
    [annotations['kubernetes.io/config.hash'] ?? '', 'HASH'],
    ...ownerReferences.map((owner) => [owner.uid, 'OWNER'] as const),
    ...statusIds(pod),
    ...(pod.status.podIPs ?? []).map(({ ip }) => [ip, 'POD_IP'] as const),
  ]);
}

/** Every state that the API server has had of the pod, a line each; what repeats the one before is left out. */
export function statesOf(side: SideName, { versions, isDeleted }: PodHistory): string[] {
  const lines = versions.map((pod) => String(normalised(stateLine(pod), podNames(side, pod))));
  const distinct = lines.filter((line, index) => line !== lines[index - 1]);
  return isDeleted ? [...distinct, 'deleted'] : distinct;
}

function stateLine(pod: ServedPod): string {
  const { metadata, status } = pod;
  const conditions = (status.conditions ?? []).map((condition) => {
    const { type, status: is, reason } = condition as { type: string; status: string; reason?: string };
    return `${type}=${is}${reason === undefined ? '' : `(${reason})`}`;
  });
  return [
    `${metadata.deletionTimestamp === undefined ? '' : 'deleting '}${status.phase}`,
    ...(status.reason === undefined ? [] : [status.reason]),
    `generation ${metadata.generation}, observed ${status['observedGeneration'] ?? 'none'}`,
    conditions.join(' '),
    containersOf(pod).map(containerLine).join('; '),
  ].join(' | ');
}

function containerLine({ name, state = {}, ready = false, restartCount }: ListedContainer): string {
  const { waiting, running, terminated } = state;
  const is = waiting
    ? `waiting ${waiting.reason}`
    : running
      ? 'running'
      : `ended ${terminated?.exitCode ?? ''}`;
  return `${name}: ${is}${ready ? ', ready' : ''}, ${restartCount} restarts`;
}

/** Where `comparableEvents` has what probes have told. */
export const probesKey = 'of probes';

function eventLine({ type, reason, involvedObject, message }: ServedEvent): string {
  const place = involvedObject.fieldPath === undefined ? '' : ` (${involvedObject.fieldPath})`;
  return `${type} ${reason}${place}: ${message}`;
}

/**
 * Events in the order of their creation, and all that is in each of them; those of probes apart, since how often a probe
 * runs before its server is there, and after it is gone, is a matter of time.
 */
export function comparableEvents(
  side: SideName,
  events: readonly ServedEvent[],
  pod: ServedPod,
  { areRepeated }: { areRepeated: boolean },
): Json {
  const names = podNames(side, pod);
  const ofProbes = (event: ServedEvent): boolean => event.reason === 'Unhealthy';
  const all = events
    .filter((event) => !ofProbes(event) && !ofLoad(event))
    .map((event) => {
      const { metadata, count, ...rest } = event as ServedEvent & { count?: number };
      const own = { ...metadata, name: nameShape(metadata.name) };
      // How often one was repeated is a matter of time when the pod goes on failing.
      const compared = { ...rest, metadata: comparableMetadata(own), ...(!areRepeated && { count }) };
      const value = withoutVersions(normalised(compared, names));
      const line = String(normalised(eventLine(event), names));
      return [areRepeated ? withoutSpans(line) : line, value] as const;
    });
  const lines = all.map(([line]) => line);
  const distinct = [...new Set(lines)];
  return {
    lines: areRepeated ? distinct.sort() : distinct,
    fields: Object.fromEntries(areRepeated ? all.map(([line, value]) => [line, withoutTexts(value)]) : all),
    [probesKey]: events.filter(ofProbes).map((event) => String(normalised(eventLine(event), names))),
  };
}

/** Kubelets wait a second for an object of the API server: whether that is enough depends on what else the machine does. */
function ofLoad({ message }: ServedEvent): boolean {
  return message.endsWith('cache: timed out waiting for the condition');
}

function withoutTexts(event: Json): Json {
  if (typeof event !== 'object' || event === null || Array.isArray(event)) return event ?? null;
  const { message: _message, ...rest } = event;
  return rest;
}

/** `web.18a2b3c4d5e6f708`: the object's name and a time. */
function nameShape(name: string): string {
  return name.replace(/\.[0-9a-f]{16}$/, '.STAMP');
}

function withoutVersions(value: Json): Json {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value ?? null;
  const { resourceVersion: _version, ...rest } = value;
  return Object.fromEntries(Object.entries(rest).map(([key, each]) => [key, withoutVersions(each)]));
}

function withoutSpans(text: string): string {
  return text.replace(/\b(\d+m)?\d+(\.\d+)?(ms|s)\b/g, 'SPAN').replace(/\bback-off \w+ /, 'back-off SPAN ');
}

/** How often a node made each kind of request; ours may make fewer. */
export function requestCounts(requests: readonly AuditedRequest[]): Record<string, { '~atMost': number }> {
  const kinds = Map.groupBy(requests, ({ verb, resource, code }) => `${verb} ${resource} ${code}`);
  return Object.fromEntries(
    [...kinds].sort().map(([kind, each]) => [kind, { '~atMost': each.length }] as const),
  );
}
