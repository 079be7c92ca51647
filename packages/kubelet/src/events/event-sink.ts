// Delivers events to the API server one after the other, with the limits and retries of client-go's broadcaster: what is
// refused is dropped, and while the server does not answer the newest ones are.
// https://github.com/kubernetes/client-go/blob/master/tools/record/event.go
import { sleepUntilAborted } from '@berth/common/abort.ts';
import { type ApiClient, ApiError, hasApiCode, type Resource } from '../apiserver/api-client.ts';
import { createLogger } from '../klog/klog.ts';
import type { CorrelatedEvent } from './correlator.ts';
import type { RecordedEvent } from './event.ts';

const log = createLogger('event-sink.ts');

const events: Resource = { group: '', version: 'v1', plural: 'events' };
const maxQueued = 1000;
const maxTries = 12;

/** Takes events, and delivers them until it is stopped. */
export class EventSink {
  readonly #client: Pick<ApiClient, 'create' | 'patch'>;
  readonly #queue: RecordedEvent[] = [];
  readonly #stopped = new AbortController();
  readonly #retryMs: number;
  #delivering = false;

  /** `retryMs`: the wait between two tries of an event; the first one is shorter, to spread many kubelets. */
  constructor(client: Pick<ApiClient, 'create' | 'patch'>, { retryMs = 10_000 } = {}) {
    this.#client = client;
    this.#retryMs = retryMs;
  }

  /** Delivers an event after those before it. */
  put({ event }: CorrelatedEvent): void {
    if (this.#stopped.signal.aborted) return;
    if (this.#queue.length >= maxQueued) {
      log.error('Unable to record event: too many queued events, dropped event', describe(event));
      return;
    }
    this.#queue.push(event);
    if (!this.#delivering) void this.#deliverAll();
  }

  /** Drops what was not delivered. */
  stop(): void {
    this.#stopped.abort();
    this.#queue.length = 0;
  }

  async #deliverAll(): Promise<void> {
    this.#delivering = true;
    for (let event = this.#queue[0]; event !== undefined; event = this.#queue[0]) {
      await this.#deliver(event);
      this.#queue.shift();
    }
    this.#delivering = false;
  }

  async #deliver(event: RecordedEvent): Promise<void> {
    const { signal } = this.#stopped;
    for (let tries = 1; !signal.aborted; tries++) {
      try {
        return await this.#send(event, signal);
      } catch (error) {
        if (signal.aborted || isFinal(error, event)) return;
        if (tries >= maxTries) {
          log.error('Unable to write event (retry limit exceeded!)', describe(event));
          return;
        }
        log.error('Unable to write event (may retry after sleeping)', { ...describe(event), err: error });
        await sleepUntilAborted(tries === 1 ? this.#retryMs * Math.random() : this.#retryMs, signal);
      }
    }
  }

  /** A repeated event changes the one that the server has, unless that is gone. */
  async #send(event: RecordedEvent, signal: AbortSignal): Promise<void> {
    const { name, namespace } = event.metadata;
    if (event.count > 1) {
      const { count, lastTimestamp, message } = event;
      try {
        await this.#client.patch(
          events,
          { name, namespace },
          'strategic',
          { count, lastTimestamp, ...(message !== '' && { message }) },
          { signal },
        );
        return;
      } catch (error) {
        if (!hasApiCode(error, 404)) throw error;
      }
    }
    const object = { apiVersion: 'v1', kind: 'Event', ...event };
    await this.#client.create(events, { namespace }, object, { signal });
  }
}

/** Whether the server has refused the event, so that there is no sense in sending it again. */
function isFinal(error: unknown, event: RecordedEvent): boolean {
  if (!(error instanceof ApiError)) return false;
  const { details } = error.status;
  const isExpected =
    error.reason === 'AlreadyExists' ||
    details?.causes?.some(({ reason }) => reason === 'NamespaceTerminating') === true;
  if (isExpected) log.v(5, 'Server rejected event (will not retry!)', { ...describe(event), err: error });
  else log.error('Server rejected event (will not retry!)', { ...describe(event), err: error });
  return true;
}

function describe({ metadata, reason, message }: RecordedEvent): Record<string, unknown> {
  return { event: `${metadata.namespace}/${metadata.name}`, reason, message };
}
