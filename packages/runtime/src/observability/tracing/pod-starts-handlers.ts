import type { PodStart as PodStartMessage, StartSpan } from '@berth/cri/generated/pod-starts.ts';
import type { PodStartsHandlers } from '@berth/cri/server/server.ts';
import { type EndedSpan, keptStarts, type PodStart, type PodStarts } from './pod-starts.ts';

/** The handlers of berth.v1.PodStarts, berthd's own gRPC service that lists recent pod starts. */
export function podStartsHandlers(starts: PodStarts): PodStartsHandlers {
  const watchingSince = unixNanos(performance.now());
  return {
    listPodStarts: async ({ podSandboxId }) => ({
      starts: starts.list(podSandboxId === '' ? undefined : podSandboxId).map(toMessage),
      watchingSince,
      capacity: keptStarts,
    }),
  };
}

/** Flattens spans to a list, each with the index of its parent, counted from 1. Pure. */
export function toMessage({ sandboxId, namespace, name, uid, calls, leftOut }: PodStart): PodStartMessage {
  const spans: StartSpan[] = [];
  const add = (those: readonly EndedSpan[], parent: number): void => {
    for (const span of those.toSorted((a, b) => a.startedAt - b.startedAt)) {
      spans.push({
        name: span.name,
        subject: span.subject,
        parent,
        startedAt: unixNanos(span.startedAt),
        duration: nanos(span.endedAt - span.startedAt),
        error: span.error ?? '',
      });
      add(span.steps, spans.length);
    }
  };
  add(calls, 0);
  return { podSandboxId: sandboxId, namespace, name, uid, spans, leftOut };
}

const nanos = (milliseconds: number) => BigInt(Math.round(milliseconds * 1e6));

/** Unix nanoseconds of a `performance.now()`, in two parts: a double has too few digits. */
function unixNanos(milliseconds: number): bigint {
  return (
    BigInt(Math.floor(performance.timeOrigin)) * 1_000_000n +
    nanos((performance.timeOrigin % 1) + milliseconds)
  );
}
