// Follows the pods of the node while a command waits for them.
import type { CriClient } from '@berth/cri/client/client.ts';
import type * as v1 from 'kubernetes-types/core/v1.d.ts';
import { kubeletPods } from '../node/kubelet.ts';
import type { NodeLayout } from '../node/layout.ts';
import { StartPhases } from './phases.ts';

const recheckMs = 200;

/**
 * Watches the pods of the node. The kubelet's API has no watch, so every event of the runtime triggers a request,
 * and so does a timer, for changes without an event such as a probe result.
 */
export class PodWatch implements AsyncDisposable {
  readonly #layout: NodeLayout;
  readonly #stop = new AbortController();
  readonly #events: Promise<void>;
  readonly phases = new StartPhases();
  #wake = () => {};

  /** Subscribes to the runtime's events. */
  constructor(layout: NodeLayout, client: CriClient) {
    this.#layout = layout;
    this.#events = this.#followEvents(client);
  }

  /**
   * Calls `isEnough` with the pods, at once and after each possible change, until it returns true or time is up.
   * @returns false after the timeout
   */
  async until(timeoutMs: number, isEnough: (pods: readonly v1.Pod[]) => boolean): Promise<boolean> {
    const deadline = Date.now() + timeoutMs;
    for (;;) {
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#wake = resolve;
      if (isEnough((await kubeletPods(this.#layout)) ?? [])) return true;
      const left = deadline - Date.now();
      if (left <= 0) return false;
      const timer = setTimeout(resolve, Math.min(recheckMs, left));
      await promise;
      clearTimeout(timer);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.#events;
  }

  async #followEvents(client: CriClient): Promise<void> {
    try {
      for await (const event of client.runtime.getContainerEvents({}, { signal: this.#stop.signal })) {
        this.phases.record(event);
        this.#wake();
      }
    } catch {
      // Disposed, or the runtime went away (the pods show it), or it has no events (containerd 1.6): until() polls.
    }
  }
}
