// What of the node's pods goes on: by their statuses here and on the API server, and by their workers.
import type { Pod } from '../api/pod.ts';
import type { PodWorkers } from '../pods/workers.ts';
import type { PodManager } from './pod-manager.ts';

/** What it looks at. */
export interface PodActivityPorts {
  podManager: Pick<PodManager, 'admitted'>;
  /** Whether the pod has a final status, here or on the API server. */
  isFinished(uid: string): boolean;
  /** Undefined until the runtime has answered. */
  workers(): Pick<PodWorkers, 'has' | 'mayRun'> | undefined;
  /** Whether the pods of all sources are known. */
  sourcesRead(): boolean;
}

/** The pods of one node. */
export class PodActivity {
  readonly #ports: PodActivityPorts;

  constructor(ports: PodActivityPorts) {
    this.#ports = ports;
  }

  /** Whether something of the pod runs, or may still start: any pod may until all are known. */
  isActive(uid: string): boolean {
    const workers = this.#workersOfAll();
    if (!workers) return true;
    const { podManager, isFinished } = this.#ports;
    return workers.mayRun(uid) || (podManager.admitted().has(uid) && !isFinished(uid));
  }

  /** Whether there is such a pod, which any may be until all are known. */
  isKnown(uid: string): boolean {
    const workers = this.#workersOfAll();
    return !workers || workers.has(uid) || this.#ports.podManager.admitted().has(uid);
  }

  /** Admitted pods that have not ended, as they were admitted. */
  activePods(): Pod[] {
    const { podManager, isFinished, workers } = this.#ports;
    return [...podManager.admitted().values()].filter(
      ({ metadata: { uid } }) => workers()?.mayRun(uid) === true || !isFinished(uid),
    );
  }

  #workersOfAll(): Pick<PodWorkers, 'has' | 'mayRun'> | undefined {
    return this.#ports.sourcesRead() ? this.#ports.workers() : undefined;
  }
}
