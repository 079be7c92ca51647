// A pod's start as berthd tells it, made a tree.
import type { PodStart } from '@berth/cri/generated/pod-starts.ts';
import type { JsonObject } from '@berth/cri/json/proto-json.ts';
import { rfc3339Nano } from '../output/time.ts';

/** A call of the CRI, or a step of it. */
export interface Span {
  name: string;
  /** The container's or the image's name, where it is about one. */
  subject: string;
  startedAt: bigint;
  /** Milliseconds since the start's first call. */
  offset: number;
  duration: number;
  /** What it failed with; empty otherwise. */
  error: string;
  steps: Span[];
}

/** Pure: the calls of a start with their steps. A step whose parent is not told is taken for a call. */
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

/** Milliseconds in which no call was under way: somebody else's time, mostly the kubelet's. */
export function idleOf(calls: readonly Span[]): number {
  let [idle, busyUntil] = [0, 0];
  for (const { offset, duration } of calls.toSorted((a, b) => a.offset - b.offset)) {
    idle += Math.max(0, offset - busyUntil);
    busyUntil = Math.max(busyUntil, offset + duration);
  }
  return idle;
}

/** What `trace -o json` prints. */
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
