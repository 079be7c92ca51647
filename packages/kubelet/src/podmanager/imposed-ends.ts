// Ends pods that would have gone on, and waits for their end.
import { untilAborted } from '@berth/common/abort.ts';
import type { Pod } from '../api/pod.ts';
import type { Imposed } from '../pods/end/pod-end.ts';
import type { PodManager } from './pod-manager.ts';

/** What ending pods needs. */
export interface ImposedEndsPorts {
  podManager: Pick<PodManager, 'impose' | 'imposed'>;
  /** Has the pods' workers learn of it. */
  onImposed(): void;
}

/** Pods that end by decision of the kubelet. */
export class ImposedEnds {
  readonly #ports: ImposedEndsPorts;
  readonly #waiting = new Map<string, PromiseWithResolvers<void>>();

  constructor(ports: ImposedEndsPorts) {
    this.#ports = ports;
  }

  /** Ends a pod. Resolves when nothing of it runs any more and its volumes are gone, or when the signal fires. */
  async impose({ metadata: { uid } }: Pod, end: Imposed, signal: AbortSignal): Promise<void> {
    const { podManager, onImposed } = this.#ports;
    const waiting = this.#waiting.get(uid) ?? Promise.withResolvers<void>();
    this.#waiting.set(uid, waiting);
    podManager.impose(uid, end);
    // A pod that was removed meanwhile ends by itself.
    if (!podManager.imposed().has(uid)) this.cleared(uid);
    onImposed();
    await untilAborted(waiting.promise, signal).catch(() => {});
    this.#waiting.delete(uid);
  }

  /** Call it when nothing of a pod runs any more. */
  cleared(uid: string): void {
    this.#waiting.get(uid)?.resolve();
  }
}
