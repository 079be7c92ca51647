// Restarts of pods on request: each is ended gracefully, and starts again as a new one.
import { type PodWithStatus, podKey } from '../api/pod.ts';
import { isFromApi } from '../api/pod-source-of.ts';
import { createLogger } from '../klog/klog.ts';
import type { KubeletOptions } from '../options/kubelet-options.ts';
import { recordRestart } from '../podfiles/restart-intent.ts';
import type { StatusManager } from '../status/manager.ts';
import type { PodManager } from './pod-manager.ts';

const log = createLogger('restarts.ts');

/** Why a pod is not restarted. */
export interface RestartRefusal {
  /** The status of an answer over HTTP: 404 for a pod that is not there. */
  status: 404 | 409;
  why: string;
}

/** The parts that restarts use. */
export interface RestartPorts {
  /** Every pod of the node. */
  pods(): readonly PodWithStatus[];
  podManager: Pick<PodManager, 'desired' | 'rejected' | 'imposed' | 'judgeAgain'>;
  statuses: Pick<StatusManager, 'isFinished'>;
  /** The workers of pods; undefined until the runtime has answered. */
  workers(): { has(uid: string): boolean; restart(uid: string): void } | undefined;
  /** Called when pods were judged again. */
  onJudged(): void;
  options: Pick<KubeletOptions, 'rootDir'>;
}

/** Restarts pods. */
export class PodRestarts {
  readonly #ports: RestartPorts;
  /** UIDs of pods that had finished, or were ended by the kubelet, and are ended to be started again. */
  readonly #judgedAtEnd = new Set<string>();

  constructor(ports: RestartPorts) {
    this.#ports = ports;
  }

  /**
   * Ends the pod with this namespace/name gracefully, and starts it again as a new one: in a new sandbox, with new
   * volumes, its restarts counted from 0. One that has finished or was rejected is admitted again. Returns why it cannot.
   */
  restart(key: string): RestartRefusal | undefined {
    const { podManager, statuses, options } = this.#ports;
    const named = this.#ports.pods().filter((pod) => podKey(pod) === key);
    const pod = named.find(({ metadata }) => metadata.deletionTimestamp === undefined) ?? named[0];
    if (!pod) return { status: 404, why: `there is no pod ${key}` };
    const { uid } = pod.metadata;
    if (isFromApi(pod)) {
      const why = `pod ${key} is the API server's: delete it there, and its controller makes a new one`;
      return { status: 409, why };
    }
    const workers = this.#ports.workers();
    if (!workers) return { status: 409, why: 'the container runtime has not answered yet' };
    if (!podManager.desired(uid)) return { status: 409, why: `pod ${key} is being removed` };
    if (podManager.rejected().has(uid)) {
      this.#judgeAgain(uid);
      const rejected = podManager.rejected().get(uid);
      return rejected && { status: 409, why: `pod ${key} was rejected: ${rejected.detail}` };
    }
    // It is restarted already, or starts as soon as an earlier version has ended.
    if (pod.metadata.deletionTimestamp !== undefined || !workers.has(uid)) return undefined;
    log.info('Restarting pod', { pod: key, podUID: uid });
    recordRestart(options, uid);
    if (statuses.isFinished(uid) || podManager.imposed().has(uid)) this.#judgedAtEnd.add(uid);
    workers.restart(uid);
    return undefined;
  }

  /** Call it when nothing is left of a pod: one that had finished is admitted like a new one. */
  ended(uid: string): void {
    if (this.#judgedAtEnd.delete(uid)) this.#judgeAgain(uid);
  }

  #judgeAgain(uid: string): void {
    this.#ports.podManager.judgeAgain(uid);
    this.#ports.onJudged();
  }
}
