// Holds pods that ask for devices until they have them, and says which cannot have them.

import { messageOf } from '@berth/common/error-message.ts';
import type { Failed } from '../admission/check.ts';
import type { Pod } from '../api/pod.ts';
import { isBeingDeleted, isFromApi } from '../api/pod-source-of.ts';
import type { DeviceManager } from './device-manager.ts';

/** What admission needs. */
export interface DeviceAdmissionPorts {
  manager: Pick<DeviceManager, 'needs' | 'allocate'>;
  /** Whether a pod has finished, or has to end. */
  isOver(uid: string): boolean;
  /** A pod has its devices, or cannot have them; pods are judged anew. */
  onDecided(): void;
}

/** What was decided of a pod. */
type Decision = 'waits' | 'admitted' | 'judged again' | { refused: Failed; isFinal: boolean };

/** Decides on pods by their UIDs. */
export class DeviceAdmission {
  readonly #ports: DeviceAdmissionPorts;
  readonly #decisions = new Map<string, Decision>();
  /** Pods that an earlier kubelet has started, once the runtime has told them. */
  #adopted: ReadonlySet<string> | undefined;
  #stopped = false;

  constructor(ports: DeviceAdmissionPorts) {
    this.#ports = ports;
  }

  /** The runtime has told which pods run: they keep the devices that they have. Others are given devices from now on. */
  begin(running: ReadonlySet<string>): void {
    this.#adopted = running;
  }

  /** No decision is made any more. */
  stop(): void {
    this.#stopped = true;
  }

  /** Those of the admitted pods that have their devices. Has devices allocated for the others. */
  ready(pods: ReadonlyMap<string, Pod>): ReadonlyMap<string, Pod> {
    for (const [uid, decision] of this.#decisions) {
      if (!pods.has(uid) && typeof decision === 'string') this.#decisions.delete(uid);
    }
    const waiting = new Set([...pods].filter(([, pod]) => this.#waits(pod)).map(([uid]) => uid));
    return waiting.size === 0 ? pods : new Map([...pods].filter(([uid]) => !waiting.has(uid)));
  }

  #waits(pod: Pod): boolean {
    const { uid } = pod.metadata;
    const known = this.#decisions.get(uid);
    // A pod that was refused counts as finished until it is judged again.
    if (isBeingDeleted(pod) || (known !== 'judged again' && this.#ports.isOver(uid))) return false;
    if (known !== undefined && known !== 'judged again') return known === 'waits';
    if (this.#stopped || this.#adopted?.has(uid) || !this.#ports.manager.needs(pod)) {
      this.#decisions.set(uid, 'admitted');
      return false;
    }
    this.#decisions.set(uid, 'waits');
    void this.#allocate(pod);
    return true;
  }

  async #allocate(pod: Pod): Promise<void> {
    const { uid } = pod.metadata;
    let decision: Decision = 'admitted';
    try {
      await this.#ports.manager.allocate(pod);
    } catch (error) {
      const message = `Allocate failed due to ${messageOf(error)}, which is unexpected`;
      decision = {
        refused: { reason: 'UnexpectedAdmissionError', message, detail: message },
        isFinal: isFromApi(pod),
      };
    }
    // It may have gone meanwhile.
    if (this.#stopped || this.#decisions.get(uid) !== 'waits') return;
    this.#decisions.set(uid, decision);
    this.#ports.onDecided();
  }

  /** Why a pod cannot have its devices; undefined when it has them, or waits. */
  refusal(uid: string): Failed | undefined {
    const decision = this.#decisions.get(uid);
    return typeof decision === 'object' ? decision.refused : undefined;
  }

  /** The pod is judged as a new one. */
  forget(uid: string): void {
    this.#decisions.set(uid, 'judged again');
  }

  /** Whether a pod waits for devices of others. */
  get hasRefused(): boolean {
    return this.#refused().length > 0;
  }

  /** The UIDs of the pods whose refusal is not final. */
  #refused(): string[] {
    return [...this.#decisions]
      .filter(([, decision]) => typeof decision === 'object' && !decision.isFinal)
      .map(([uid]) => uid);
  }

  /** Forgets refusals that are not final, since devices are there that were not before. Returns whether there were any. */
  retry(): boolean {
    const refused = this.#refused();
    for (const uid of refused) this.forget(uid);
    return refused.length > 0;
  }

  /** Forgets pods that no source has any more. */
  keepOnly(isDesired: (uid: string) => boolean): void {
    for (const uid of this.#decisions.keys()) if (!isDesired(uid)) this.#decisions.delete(uid);
  }
}
