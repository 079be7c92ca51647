// Writes the statuses of pods to the API server, and completes the deletion of those that have ended. One write of a pod
// at a time, with its newest status; what fails is tried again.
import { Semaphore } from '@berth/common/semaphore.ts';
import { type PodStatus, podKey } from '../../api/pod.ts';
import { isPodStatus } from '../../api/pod-status-shape.ts';
import type { ServedPod } from '../../api/served-pod.ts';
import { type ApiClient, type ApiObject, hasApiCode } from '../../apiserver/api-client.ts';
import { createLogger } from '../../klog/klog.ts';
import { timestamp } from '../../status/container-status.ts';
import type { StatusListener } from '../../status/manager.ts';
import { podResource } from './pod-resource.ts';
import type { ServedPodIndex } from './served-pod-index.ts';
import { mayBeDeleted, statusPatch, tellsOfSandboxAlone } from './status-patch.ts';

const log = createLogger('status-sync.ts');

/** When to try again, and to undo what others have written. */
const syncPeriodMs = 10_000;
/**
 * How long the server does not know of a sandbox that is ready: containers that start meanwhile are told of in the same
 * write.
 */
const sandboxDelayMs = 400;
/** Writes at a time. */
const maxWrites = 10;

/** The parameters of a sync. */
export interface StatusSyncPorts {
  client: Pick<ApiClient, 'patch' | 'delete'>;
  served: Pick<ServedPodIndex, 'get' | 'answered' | 'localUid' | 'all'>;
  /** The newest status of a pod; undefined when there is none. */
  status(uid: string): PodStatus | undefined;
  /** Whether containers of the pod may run. */
  mayRun(uid: string): boolean;
  /** Is told how long a status took to reach the server. */
  onSynced?(seconds: number): void;
}

/** What is known of one pod. */
interface Entry {
  /** When the oldest status was made that the server does not have; undefined: it has the newest. */
  since: number | undefined;
  isWriting: boolean;
  /** Writes a status later that can wait. */
  delayed: NodeJS.Timeout | undefined;
  /** Whether nothing is left of the pod on the node. */
  isGone: boolean;
  /** Whether the server has been asked to complete the deletion. */
  isDeleted: boolean;
  /** The server's pod that was compared last. */
  compared: ServedPod | undefined;
}

/** Keeps the statuses on the server as this kubelet has them. */
export class StatusSync implements StatusListener {
  readonly #ports: StatusSyncPorts;
  readonly #entries = new Map<string, Entry>();
  readonly #writes = new Semaphore(maxWrites);
  #retry: NodeJS.Timeout | undefined;
  #isStopped = false;

  constructor(ports: StatusSyncPorts) {
    this.#ports = ports;
  }

  statusChanged(uid: string): void {
    this.#due(uid);
  }

  forget(uid: string): void {
    clearTimeout(this.#entries.get(uid)?.delayed);
    this.#entries.delete(uid);
  }

  /** Nothing is left of the pod on this node. */
  gone(uid: string): void {
    this.#entry(uid).isGone = true;
    this.#due(uid);
  }

  /** The server has other pods, or other statuses. What others have overwritten is written again after a while. */
  servedChanged(): void {
    for (const served of this.#ports.served.all()) {
      const uid = this.#ports.served.localUid(served);
      const entry = uid === undefined ? undefined : this.#entries.get(uid);
      if (uid === undefined || !entry || entry.compared === served) continue;
      const isNew = entry.compared?.pod.metadata.uid !== served.pod.metadata.uid;
      const isChanged = entry.compared?.pod !== served.pod;
      entry.compared = served;
      if (isNew || isChanged) this.#due(uid);
      else if (this.#isStale(uid, entry, served)) {
        entry.since ??= Date.now();
        this.#retryLater();
      }
    }
  }

  /** Stops writing. */
  stop(): void {
    this.#isStopped = true;
    clearTimeout(this.#retry);
    for (const { delayed } of this.#entries.values()) clearTimeout(delayed);
  }

  #entry(uid: string): Entry {
    const known = this.#entries.get(uid);
    if (known) return known;
    const entry = {
      since: undefined,
      isWriting: false,
      delayed: undefined,
      isGone: false,
      isDeleted: false,
      compared: undefined,
    };
    this.#entries.set(uid, entry);
    return entry;
  }

  #due(uid: string): void {
    const entry = this.#entry(uid);
    entry.since ??= Date.now();
    if (!entry.isWriting) void this.#write(uid, entry);
  }

  #isStale(uid: string, { isGone, isDeleted }: Entry, served: ServedPod): boolean {
    const own = this.#ports.status(uid);
    if (!own) return false;
    if (!isDeleted && mayBeDeleted(served, isGone)) return true;
    return statusPatch(served, own, this.#facts(uid)) !== undefined;
  }

  #facts(uid: string): { mayRun: boolean; now: string } {
    return { mayRun: this.#ports.mayRun(uid), now: timestamp(Date.now()) };
  }

  /** Writes until the server has the newest status. Never rejects. */
  async #write(uid: string, entry: Entry): Promise<void> {
    entry.isWriting = true;
    try {
      await this.#writes.run(async () => {
        // All that happens at once is one write.
        await Promise.resolve();
        while (entry.since !== undefined && this.#entries.get(uid) === entry && !this.#isStopped) {
          const { since } = entry;
          entry.since = undefined;
          clearTimeout(entry.delayed);
          try {
            const delayMs = await this.#writeOnce(uid, entry, since);
            if (delayMs === 0) continue;
            const isFollowed = entry.since !== undefined;
            entry.since = since;
            if (isFollowed) continue;
            entry.delayed = setTimeout(() => this.#due(uid), delayMs);
            return;
          } catch (error) {
            if (this.#isStopped) return;
            entry.since = since;
            // The watch is about to tell that there is no such pod; or the admission of a server that has just started does
            // not know it yet.
            if (!hasApiCode(error, 404))
              log.error('Failed to update status for pod, will try again', { err: error, podUID: uid });
            this.#retryLater();
            return;
          }
        }
      });
    } finally {
      entry.isWriting = false;
    }
  }

  /** Returns 0, or after how many milliseconds to write a status that can wait for the one that follows it. */
  async #writeOnce(uid: string, entry: Entry, since: number): Promise<number> {
    const { client, served: index, onSynced } = this.#ports;
    let served = index.get(uid);
    const own = this.#ports.status(uid);
    // A static pod has no mirror pod yet, or the server has deleted the pod.
    if (!served || !own) return 0;
    const { name, namespace } = served.pod.metadata;
    const patch = statusPatch(served, own, this.#facts(uid));
    if (patch) {
      const delayMs = tellsOfSandboxAlone(patch) ? since + sandboxDelayMs - Date.now() : 0;
      if (delayMs > 0) return delayMs;
      const where = { name, namespace };
      const answer = await client.patch(podResource, where, 'strategic', patch, { subresource: 'status' });
      log.v(3, 'Patched status of pod', { pod: podKey(served.pod), podUID: uid, patch });
      served = answered(served, answer);
      index.answered(served);
      entry.compared = index.get(uid) ?? served;
      onSynced?.((Date.now() - since) / 1000);
    }
    if (entry.isDeleted || !mayBeDeleted(served, entry.isGone)) return 0;
    const preconditions = { uid: served.pod.metadata.uid };
    await client.delete(podResource, { name, namespace }, { gracePeriodSeconds: 0, preconditions });
    entry.isDeleted = true;
    log.v(3, 'Pod fully terminated and removed from etcd', { pod: podKey(served.pod), podUID: uid });
    return 0;
  }

  #retryLater(): void {
    if (this.#isStopped) return;
    this.#retry ??= setTimeout(() => {
      this.#retry = undefined;
      for (const [uid, { since, isWriting }] of this.#entries) {
        if (since !== undefined && !isWriting) this.#due(uid);
      }
    }, syncPeriodMs);
  }
}

function answered(served: ServedPod, { metadata, ...answer }: ApiObject): ServedPod {
  const status: unknown = Reflect.get(answer, 'status');
  return {
    pod: served.pod,
    status: isPodStatus(status) ? status : served.status,
    resourceVersion: metadata?.resourceVersion ?? served.resourceVersion,
  };
}
