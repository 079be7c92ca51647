// Holds the newest pods back while the node is read again: one may have been made for a label that the node has got since,
// and a rejection would be final.
import type { Pod } from '../api/pod.ts';

/** What holding needs. */
export interface HeldPodsPorts {
  /** Whether a pod selects a node of other labels than those that are known. */
  selectsOtherNode(pods: readonly Pod[]): boolean;
  /** Reads the node again; undefined where there is nothing to read. Never rejects. */
  readAgain(): Promise<unknown> | undefined;
  apply(pods: readonly Pod[]): void;
}

/** The pods on their way from the sources. */
export class HeldPods {
  readonly #ports: HeldPodsPorts;
  #held: readonly Pod[] | undefined;

  constructor(ports: HeldPodsPorts) {
    this.#ports = ports;
  }

  /** Applies the pods: at once, or when the node has been read. */
  set(pods: readonly Pod[]): void {
    const { selectsOtherNode, readAgain, apply } = this.#ports;
    if (this.#held) {
      this.#held = pods;
      return;
    }
    const reading = selectsOtherNode(pods) ? readAgain() : undefined;
    if (!reading) {
      apply(pods);
      return;
    }
    this.#held = pods;
    void reading.then(() => {
      const newest = this.#held ?? [];
      this.#held = undefined;
      apply(newest);
    });
  }
}
