// Deletes the ResourceSlices of this node whose driver is away: the scheduler must not allocate what nobody prepares.
import { sleepUntilAborted } from '@berth/common/abort.ts';
import { type ApiClient, hasApiCode, type Resource } from '../apiserver/api-client.ts';
import { createLogger } from '../klog/klog.ts';

const log = createLogger('slice-wipes.ts');

const resourceSlices: Resource = { group: 'resource.k8s.io', version: 'v1', plural: 'resourceslices' };

/** How long a driver may be away: long enough to restart it, and not much longer. */
const wipingDelayMs = 30_000;
const firstRetryMs = 1000;
const longestRetryMs = 5 * 60_000;

/** The parameters of the wipes. */
export interface SliceWipesPorts {
  client: Pick<ApiClient, 'deleteCollection'>;
  nodeName: string;
  /** Resolves when the node is in its cluster; before that it may delete nothing. */
  nodeSeen(signal: AbortSignal): Promise<void>;
}

/** Deletes slices, at first those of all drivers, none of which has registered yet. */
export class SliceWipes {
  readonly #ports: SliceWipesPorts;
  /** By driver: gives up its wipe. */
  readonly #pending = new Map<string, AbortController>();
  readonly #stopped = new AbortController();

  constructor(ports: SliceWipesPorts) {
    this.#ports = ports;
  }

  start(): void {
    void this.#wipe(undefined, this.#stopped.signal);
  }

  stop(): void {
    this.#stopped.abort();
    for (const wipe of this.#pending.values()) wipe.abort();
  }

  /** The driver is away: its slices are deleted after a while, counted from the first call. */
  away(driver: string): void {
    if (this.#pending.has(driver) || this.#stopped.signal.aborted) return;
    const wipe = new AbortController();
    const timer = setTimeout(() => {
      void this.#wipe(driver, wipe.signal).then(() => {
        if (this.#pending.get(driver) === wipe) this.#pending.delete(driver);
      });
    }, wipingDelayMs);
    wipe.signal.addEventListener('abort', () => clearTimeout(timer), { once: true });
    this.#pending.set(driver, wipe);
  }

  /** The driver is there: its slices stay. */
  back(driver: string): void {
    this.#pending.get(driver)?.abort();
    this.#pending.delete(driver);
  }

  /** Deletes the slices of a driver, or of all; tries again until that is done, or the signal fires. Never rejects. */
  async #wipe(driver: string | undefined, signal: AbortSignal): Promise<void> {
    const { client, nodeName, nodeSeen } = this.#ports;
    const node = `spec.nodeName=${nodeName}`;
    const fieldSelector = driver === undefined ? node : `spec.driver=${driver},${node}`;
    for (let waitMs = firstRetryMs; !signal.aborted; waitMs = Math.min(waitMs * 2, longestRetryMs)) {
      try {
        await nodeSeen(signal);
        await client.deleteCollection(resourceSlices, { fieldSelector }, { signal });
        log.v(3, 'Deleted ResourceSlices', { fieldSelector });
        return;
      } catch (error) {
        // A server without the API has no slices.
        if (signal.aborted || hasApiCode(error, 404)) return;
        log.v(3, 'Deleting ResourceSlice failed, retrying', { fieldSelector, err: error, ms: waitMs });
      }
      await sleepUntilAborted(waitMs, signal);
    }
  }
}
