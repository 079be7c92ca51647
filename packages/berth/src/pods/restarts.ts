// How often containers had been restarted before a command began to wait for their pods.
import type * as v1 from 'kubernetes-types/core/v1.d.ts';
import { podContainers } from './failure.ts';

/**
 * The restart counts from before. A pod that was installed now has none; what ran already keeps the count with which it
 * is first seen: the kubelet of a machine that was rebooted, for example, restarts all containers.
 */
export class RestartsBefore {
  readonly #isNew: (uid: string) => boolean;
  readonly #counts = new Map<string, number>();

  /** @param isNew whether a pod was not there before */
  constructor(isNew: (uid: string) => boolean) {
    this.#isNew = isNew;
  }

  /** The count of a container of the pod as it is now. */
  of(uid: string, pod: v1.Pod | undefined): (container: string) => number {
    if (pod === undefined || this.#isNew(uid)) return () => 0;
    for (const { name, status } of podContainers(pod)) {
      const key = `${uid}/${name}`;
      // Before the kubelet has heard of the container from the runtime it counts from 0.
      if (status?.containerID !== undefined && !this.#counts.has(key))
        this.#counts.set(key, status.restartCount);
    }
    return (container) => this.#counts.get(`${uid}/${container}`) ?? Number.POSITIVE_INFINITY;
  }
}
