// Makes a tree of the spans of a pod's start.
import type { PodStart } from '@berth/cri/generated/pod-starts.ts';
import type { JsonObject } from '@berth/cri/json/proto-json.ts';
import { rfc3339Nano } from '../output/time.ts';

/** A CRI call, or a step of one. */
export interface Span {
  name: string;
  /** The name of its container or image, if any. */
  subject: string;
  startedAt: bigint;
  /** Milliseconds since the start's first call. */
  offset: number;
  duration: number;
  /** Its error, or empty. */
  error: string;
  steps: Span[];
}

/** Pure: the calls of a start with their steps. A step without a known parent becomes a call. */
export function spansOf({ spans }: Pick<PodStart, 'spans'>): Span[] {
  let first = spans[0]?.startedAt ?? 0n;
  for (const { startedAt } of spans) if (startedAt < first) first = startedAt;
  const calls: Span[] = [];
  const all: Span[] = [];
  for (const { name, subject, parent, startedAt, duration, error } of spans) {
    const [offset, length] = [milliseconds(startedAt - first), milliseconds(duration)];
    const span = { name, subject, startedAt, offset, duration: length, error, steps: [] };
    const siblings = parent === 0 ? calls : (all[parent - 1]?.steps ?? calls);
    siblings.push(span);
    all.push(span);
  }
  return calls;
}

const milliseconds = (nanos: bigint) => Number(nanos) / 1e6;

/** Milliseconds from the first call to the end of the last. */
export function totalOf(calls: readonly Span[]): number {
  return Math.max(0, ...calls.map(({ offset, duration }) => offset + duration));
}

/** Milliseconds without a call: time of the client, usually the kubelet. */
export function idleOf(calls: readonly Span[]): number {
  let [idle, busyUntil] = [0, 0];
  for (const { offset, duration } of calls.toSorted((a, b) => a.offset - b.offset)) {
    idle += Math.max(0, offset - busyUntil);
    busyUntil = Math.max(busyUntil, offset + duration);
  }
  return idle;
}

/** The document of `trace -o json`. */
export function startJson(start: PodStart): JsonObject {
  const calls = spansOf(start);
  const toJson = ({ name, subject, startedAt, offset, duration, error, steps }: Span): JsonObject => ({
    name,
    ...(subject !== '' && { subject }),
    startedAt: rfc3339Nano(startedAt),
    offsetMs: offset,
    durationMs: duration,
    ...(error !== '' && { error }),
    ...(steps.length > 0 && { steps: steps.map(toJson) }),
  });
  const { podSandboxId, namespace, name, uid, leftOut } = start;
  return {
    podSandboxId,
    namespace,
    name,
    uid,
    totalMs: totalOf(calls),
    betweenCallsMs: idleOf(calls),
    leftOut,
    calls: calls.map(toJson),
  };
}
