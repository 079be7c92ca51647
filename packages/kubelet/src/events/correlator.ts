// Joins and limits events as client-go's correlator does: equal ones are counted, many that differ only in their message
// become one, and an object that has had many may have few more. The clock is the caller's.
// https://github.com/kubernetes/client-go/blob/master/tools/record/events_cache.go
import { createHash } from 'node:crypto';
import { LruMap } from '@berth/common/lru-map.ts';
import type { RecordedEvent } from './event.ts';

const cacheEntries = 4096;
/** The event with so many different messages within the interval is told as one of many. */
const maxSimilar = 10;
const similarIntervalMs = 600_000;
/** Events of one type that an object may have at once, and after which time one more. */
const burst = 25;
const refillMs = 300_000;

/** An event, and what it has in common with those that it is counted with. */
export interface CorrelatedEvent {
  key: string;
  event: RecordedEvent;
}

interface Observed {
  name: string;
  firstTimestamp: string;
  count: number;
}

/** What was recorded before. */
export class Correlator {
  readonly #similar = new LruMap<string, { messages: Set<string>; at: number }>(cacheEntries);
  readonly #observed = new LruMap<string, Observed>(cacheEntries);
  readonly #allowance = new LruMap<string, { left: number; at: number }>(cacheEntries);

  /** The event as it is told at the time `now`, in milliseconds; undefined: its object has had too many. */
  correlate(event: RecordedEvent, now: number): CorrelatedEvent | undefined {
    const correlated = this.#count(this.#aggregate(event, now));
    return this.#isAllowed(event, now) ? correlated : undefined;
  }

  #aggregate(event: RecordedEvent, now: number): CorrelatedEvent {
    const { involvedObject, type, reason, message } = event;
    const key = [objectKey(involvedObject), type, reason].join('\0');
    const known = this.#similar.get(key);
    const messages = known && now - known.at <= similarIntervalMs ? known.messages : new Set<string>();
    const localKey = digest(message);
    messages.add(localKey);
    this.#similar.set(key, { messages, at: now });
    if (messages.size < maxSimilar) {
      return { key: [key, involvedObject.fieldPath, localKey].join('\0'), event };
    }
    for (const oldest of messages) {
      messages.delete(oldest);
      break;
    }
    // As client-go, which leaves these two out.
    const unsaid = { reportingComponent: '', reportingInstance: '' };
    return { key, event: { ...event, ...unsaid, message: `(combined from similar events): ${message}` } };
  }

  #count({ key, event }: CorrelatedEvent): CorrelatedEvent {
    const { name, firstTimestamp, count } = this.#observed.get(key) ?? {
      name: event.metadata.name,
      firstTimestamp: event.firstTimestamp,
      count: 0,
    };
    this.#observed.set(key, { name, firstTimestamp, count: count + 1 });
    return {
      key,
      event: { ...event, metadata: { ...event.metadata, name }, firstTimestamp, count: count + 1 },
    };
  }

  #isAllowed({ involvedObject, type }: RecordedEvent, now: number): boolean {
    const key = [objectKey(involvedObject), type].join('\0');
    const { left, at } = this.#allowance.get(key) ?? { left: burst, at: now };
    // A clock that jumps back takes nothing away.
    const filled = Math.min(burst, left + Math.max(0, now - at) / refillMs);
    this.#allowance.set(key, { left: filled >= 1 ? filled - 1 : filled, at: now });
    return filled >= 1;
  }
}

function objectKey({ kind, uid, namespace, name }: RecordedEvent['involvedObject']): string {
  return [kind, uid, namespace, name].join('\0');
}

/** Tells messages apart in little memory: containers write some of them. */
function digest(message: string): string {
  return createHash('sha256').update(message).digest('base64');
}
