// Follows the pods of the node while a command waits for them.
import { untilAborted } from '@berth/common/abort.ts';
import type { CriClient } from '@berth/cri/client/client.ts';
import type { RejectedManifest } from '@berth/kubelet/config/pod-source.ts';
import type { ImagePull } from '@berth/runtime/image/pull.ts';
import type * as v1 from 'kubernetes-types/core/v1.d.ts';
import { kubeletPods, kubeletRejections } from '../node/kubelet.ts';
import type { NodeLayout } from '../node/layout.ts';
import { imagePulls } from '../node/runtime.ts';
import { StartPhases } from './phases.ts';

const recheckMs = 200;

/** What kubelet and runtime say at one moment. */
export interface NodeState {
  readonly pods: readonly v1.Pod[];
  readonly rejected: readonly RejectedManifest[];
  readonly pulls: readonly ImagePull[];
}

/** Asks kubelet and runtime for their state; nothing of a daemon that does not answer. */
export async function nodeState(layout: NodeLayout): Promise<NodeState> {
  const [pods = [], rejected = [], pulls] = await Promise.all([
    kubeletPods(layout),
    kubeletRejections(layout),
    imagePulls(layout),
  ]);
  return { pods, rejected, pulls };
}

/**
 * Watches the pods of the node. The kubelet's API has no watch, so every event of the runtime triggers a request,
 * and so does a timer, for changes without an event such as a probe result.
 */
export class PodWatch implements AsyncDisposable {
  readonly #layout: NodeLayout;
  readonly #stop = new AbortController();
  readonly #signal: AbortSignal | undefined;
  readonly #events: Promise<void>;
  readonly phases = new StartPhases();
  #wake = () => {};

  /** Subscribes to the runtime's events. @param signal ends every wait with its reason */
  constructor(layout: NodeLayout, client: CriClient, signal?: AbortSignal) {
    this.#layout = layout;
    this.#signal = signal;
    this.#events = this.#followEvents(client);
  }

  /**
   * Calls `isEnough` with the pods, at once and after each possible change, until it returns true or time is up.
   * @returns false after the timeout
   */
  async until(timeoutMs: number, isEnough: (pods: readonly v1.Pod[]) => boolean): Promise<boolean> {
    return await this.#until(timeoutMs, async () => isEnough((await kubeletPods(this.#layout)) ?? []));
  }

  /** As `until`, with the whole state of the node. */
  async untilState(timeoutMs: number, isEnough: (state: NodeState) => boolean): Promise<boolean> {
    return await this.#until(timeoutMs, async () => isEnough(await nodeState(this.#layout)));
  }

  async #until(timeoutMs: number, isEnough: () => Promise<boolean>): Promise<boolean> {
    const deadline = Date.now() + timeoutMs;
    for (;;) {
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#wake = resolve;
      if (await isEnough()) return true;
      const left = deadline - Date.now();
      if (left <= 0) return false;
      const timer = setTimeout(resolve, Math.min(recheckMs, left));
      try {
        await untilAborted(promise, this.#signal);
      } finally {
        clearTimeout(timer);
      }
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
