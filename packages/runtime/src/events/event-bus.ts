import type { ContainerEventResponse } from '@berth/cri/generated/api.ts';
import type { Logger } from '../logging/log.ts';

/** Unread events of one subscriber before it is disconnected: about 100 pods going up and down. */
const maxUnread = 1000;

interface Subscriber {
  readonly unread: ContainerEventResponse[];
  overflowed: boolean;
  wake: () => void;
}

/**
 * Delivers every container event to every caller of GetContainerEvents. A subscription begins with the call: a
 * kubelet lists containers after it has connected, to see earlier changes.
 */
export class EventBus {
  readonly #subscribers = new Set<Subscriber>();
  readonly #log: Logger;

  constructor(log: Logger) {
    this.#log = log;
  }

  /** Whether anyone listens; building an event costs the status of a whole pod. */
  get hasSubscribers(): boolean {
    return this.#subscribers.size > 0;
  }

  publish(event: ContainerEventResponse): void {
    for (const subscriber of this.#subscribers) {
      if (subscriber.unread.length < maxUnread) subscriber.unread.push(event);
      else subscriber.overflowed = true;
      subscriber.wake();
    }
  }

  /**
   * The events from now on, until `signal` aborts. Fails for a subscriber that does not read: it then has
   * to connect and list again, because a gap in the events would go unseen.
   */
  async *subscribe(signal: AbortSignal): AsyncGenerator<ContainerEventResponse> {
    const subscriber: Subscriber = { unread: [], overflowed: false, wake: () => {} };
    this.#subscribers.add(subscriber);
    const onAbort = () => subscriber.wake();
    signal.addEventListener('abort', onAbort);
    try {
      while (!signal.aborted) {
        const event = subscriber.unread.shift();
        if (event !== undefined) {
          yield event;
        } else if (subscriber.overflowed) {
          this.#log.warning(`A reader of container events left ${maxUnread} unread and is disconnected`);
          throw new Error(
            `${maxUnread} container events were left unread: list the containers and connect again`,
          );
        } else {
          await new Promise<void>((resolve) => {
            subscriber.wake = resolve;
          });
        }
      }
    } finally {
      signal.removeEventListener('abort', onAbort);
      this.#subscribers.delete(subscriber);
    }
  }
}
