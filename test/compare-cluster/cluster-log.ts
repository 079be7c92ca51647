// Everything that a control plane tells of the pods and events of a namespace, in its order: what every client of it can
// see of a node.
import type { ClusterClient } from '@berth/test-support/cluster/cluster-client.ts';
import type { ListedPod } from '../compare-kubelet/manifest-case.ts';

/** A pod as the API server has it. */
export interface ServedPod extends ListedPod {
  metadata: ListedPod['metadata'] & {
    resourceVersion: string;
    generation?: number;
    deletionTimestamp?: string;
    annotations?: Record<string, string>;
    ownerReferences?: { uid: string }[];
  };
}

/** An event as the API server has it. */
export interface ServedEvent {
  metadata: { name: string; uid: string; resourceVersion: string };
  involvedObject: { kind: string; name: string; uid?: string; fieldPath?: string };
  type: string;
  reason: string;
  message: string;
  [field: string]: unknown;
}

/** What was told of a pod. */
export interface PodHistory {
  /** In the order of their resource versions. */
  versions: ServedPod[];
  isDeleted: boolean;
}

/** Follows one namespace. */
export class ClusterLog implements AsyncDisposable {
  readonly #histories = new Map<string, PodHistory>();
  readonly #events = new Map<string, ServedEvent>();
  readonly #watches: Disposable[] = [];
  readonly #waiters = new Set<() => void>();

  private constructor() {}

  static async start(client: ClusterClient, namespace: string): Promise<ClusterLog> {
    const log = new ClusterLog();
    await log.#follow<ServedPod>(client, `/api/v1/namespaces/${namespace}/pods`, (type, pod) =>
      log.#podEvent(type, pod),
    );
    await log.#follow<ServedEvent>(client, `/api/v1/namespaces/${namespace}/events`, (type, event) => {
      if (type !== 'DELETED') log.#events.set(event.metadata.uid, event);
    });
    return log;
  }

  /** By its UID, or the newest of this name. */
  pod(nameOrUid: string): PodHistory | undefined {
    const named = [...this.#histories.values()].filter(
      ({ versions }) => versions.at(-1)?.metadata.name === nameOrUid,
    );
    return this.#histories.get(nameOrUid) ?? named.at(-1);
  }

  /** The newest versions of events about objects of this name, in the order of their creation. */
  eventsOf(name: string): ServedEvent[] {
    return [...this.#events.values()].filter(({ involvedObject }) => involvedObject.name === name);
  }

  /** Waits until the newest version of a pod is as wanted; undefined after `timeoutMs`. */
  async podThat(
    name: string,
    is: (pod: ServedPod, history: PodHistory) => boolean,
    timeoutMs: number,
  ): Promise<ServedPod | undefined> {
    const found = () => {
      const history = this.pod(name);
      const pod = history?.versions.at(-1);
      return history && pod && is(pod, history) ? pod : undefined;
    };
    const deadline = performance.now() + timeoutMs;
    for (let pod = found(); ; pod = found()) {
      const left = deadline - performance.now();
      if (pod !== undefined || left <= 0) return pod;
      await this.#change(left);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const watch of this.#watches) watch[Symbol.dispose]();
  }

  async #follow<T extends { metadata: { resourceVersion: string } }>(
    client: ClusterClient,
    path: string,
    event: (type: string, object: T) => void,
  ): Promise<void> {
    const { metadata } = await client.get<{ metadata: { resourceVersion: string } }>(path);
    const watch = await client.watch<T>(path, '', metadata.resourceVersion, {
      event: ({ type, object }) => {
        event(type, object);
        for (const wake of this.#waiters) wake();
      },
      failed: (error) => console.error(error.message),
    });
    this.#watches.push(watch);
  }

  #podEvent(type: string, pod: ServedPod): void {
    const { uid } = pod.metadata;
    const history = this.#histories.get(uid) ?? { versions: [], isDeleted: false };
    history.versions.push(pod);
    history.isDeleted ||= type === 'DELETED';
    this.#histories.set(uid, history);
  }

  async #change(timeoutMs: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, timeoutMs);
    this.#waiters.add(resolve);
    await promise;
    this.#waiters.delete(resolve);
    clearTimeout(timer);
  }
}
