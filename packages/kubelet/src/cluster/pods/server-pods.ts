// The pods of this node on the API server: their statuses there, the deletion of those that have ended, and the mirror pods
// of static ones.
import { isDeepStrictEqual } from 'node:util';
import type { Pod, PodCondition, PodStatus } from '../../api/pod.ts';
import { isFinalPhase } from '../../api/pod-phase.ts';
import { isMirror } from '../../api/pod-source-of.ts';
import type { ServedPod } from '../../api/served-pod.ts';
import type { ApiClient } from '../../apiserver/api-client.ts';
import { isOfKubelet } from '../../status/condition-owners.ts';
import type { StatusListener } from '../../status/manager.ts';
import { MirrorPods, type MirrorPodsPorts } from './mirror-pods.ts';
import { ServedPodIndex } from './served-pod-index.ts';
import { StatusSync, type StatusSyncPorts } from './status-sync.ts';

/** The parameters of the pods on the server. */
export interface ServerPodsPorts
  extends Pick<StatusSyncPorts, 'status' | 'mayRun' | 'onSynced'>,
    Pick<MirrorPodsPorts, 'node' | 'isEnding'> {
  client: ApiClient;
  /** Others have changed conditions of a pod on the server, or have ended it there. */
  onOthers(uid: string): void;
}

/** What this kubelet keeps on the API server about its pods. */
export class ServerPods implements StatusListener {
  readonly #ports: ServerPodsPorts;
  readonly #index = new ServedPodIndex();
  readonly #sync: StatusSync;
  readonly #mirrors: MirrorPods;
  /** Whether the server was heard: before that, what it has is not known. */
  #isHeard = false;
  #pods: readonly Pod[] = [];
  #sourcesRead = false;

  constructor(ports: ServerPodsPorts) {
    this.#ports = ports;
    this.#sync = new StatusSync({ ...ports, served: this.#index });
    this.#mirrors = new MirrorPods({ ...ports, served: this.#index });
  }

  /** Sets the pods that the server has of this node. */
  setServed(served: ReadonlyMap<string, ServedPod>): void {
    const before = new Map([...served.keys()].map((uid) => [uid, this.#served(uid)]));
    this.#index.set(served);
    if (!this.#isHeard) {
      this.#isHeard = true;
      this.#mirrors.setPods(this.#pods, this.#sourcesRead);
    } else this.#mirrors.reconcile();
    this.#sync.servedChanged();
    for (const [uid, former] of before) {
      const now = this.#served(uid);
      if (former && now && isByOthers(former, now, this.#ports.status(uid))) this.#ports.onOthers(uid);
    }
  }

  /** Sets the pods that this node has to run, of all sources. */
  setPods(pods: readonly Pod[], sourcesRead: boolean): void {
    this.#pods = pods;
    this.#sourcesRead = sourcesRead;
    this.#index.setPods(pods);
    if (this.#isHeard) this.#mirrors.setPods(pods, sourcesRead);
  }

  /** The node was registered or has changed: mirror pods may be made now. */
  nodeChanged(): void {
    if (this.#isHeard) this.#mirrors.reconcile();
  }

  statusChanged(uid: string): void {
    this.#sync.statusChanged(uid);
  }

  forget(uid: string): void {
    this.#sync.forget(uid);
    this.#index.forget(uid);
  }

  /** Nothing is left of the pod on this node. */
  ended(uid: string): void {
    this.#sync.gone(uid);
    this.#mirrors.reconcile();
  }

  /** The status of a pod that the server has, unless the pod is static: its mirror pod's is only what was written there. */
  status(uid: string): PodStatus | undefined {
    return this.#served(uid)?.status;
  }

  /** The number of mirror pods of this node. */
  get mirrorCount(): number {
    return this.#index.mirrors().size;
  }

  /** Stops writing; the pods keep running. */
  stop(): void {
    this.#sync.stop();
    this.#mirrors.stop();
  }

  #served(uid: string): ServedPod | undefined {
    const served = this.#index.get(uid);
    return served && !isMirror(served.pod) ? served : undefined;
  }
}

/** Whether a change on the server is one that the pod's worker has to know. `own`: what this kubelet says of the pod. */
function isByOthers(before: ServedPod, now: ServedPod, own: PodStatus | undefined): boolean {
  if (before === now) return false;
  if (isFinalPhase(now.status.phase) && !isFinalPhase(own?.phase)) return true;
  return !isDeepStrictEqual(ofOthers(before.status), ofOthers(now.status));
}

function ofOthers({ conditions = [] }: PodStatus): PodCondition[] {
  return conditions.filter(({ type }) => !isOfKubelet(type));
}
