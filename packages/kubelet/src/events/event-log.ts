// The newest events, within limits.
import type { CorrelatedEvent } from './correlator.ts';
import type { RecordedEvent } from './event.ts';

const maxEvents = 2000;
const maxEventsOfPod = 100;

/** Keeps the newest events: so many of each pod, and so many in all. */
export class EventLog {
  /** By key, the one that occurred last at the end. */
  readonly #events = new Map<string, RecordedEvent>();
  /** Keys by the pod's UID, in the same order. */
  readonly #byPod = new Map<string, Set<string>>();

  /** Adds an event, or replaces the one with the same key. */
  put({ key, event }: CorrelatedEvent): void {
    const { uid = '' } = event.involvedObject;
    this.#drop(key);
    this.#events.set(key, event);
    const own = this.#byPod.get(uid) ?? new Set();
    this.#byPod.set(uid, own.add(key));
    if (own.size > maxEventsOfPod) this.#dropFirst(own);
    if (this.#events.size > maxEvents) this.#dropFirst(this.#events.keys());
  }

  /** All events, in the order of their last occurrence. */
  list(): RecordedEvent[] {
    return [...this.#events.values()];
  }

  #dropFirst(keys: Iterable<string>): void {
    const [first] = keys;
    if (first !== undefined) this.#drop(first);
  }

  #drop(key: string): void {
    const uid = this.#events.get(key)?.involvedObject.uid ?? '';
    this.#events.delete(key);
    const own = this.#byPod.get(uid);
    own?.delete(key);
    if (own?.size === 0) this.#byPod.delete(uid);
  }
}
