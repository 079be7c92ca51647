// Follows the pods of one node by a watch, so that a benchmark learns when they are ready and gone as every other client
// of the API server does.
import type { ClusterClient } from '@berth/test-support/cluster/cluster-client.ts';

const pods = '/api/v1/namespaces/default/pods';
const timeoutMs = 180_000;

/** A pod, as far as benchmarks look at it. */
export interface WatchedPod {
  metadata: { name: string; resourceVersion: string };
  status: {
    phase: string;
    conditions?: { type: string; status: string }[];
    containerStatuses?: { restartCount: number }[];
  };
}

interface Waiter {
  isDone(): boolean;
  done(): void;
  failed(error: Error): void;
}

/** The pods of a node, as the watch has told of them until now. */
export class PodWatch implements Disposable {
  readonly #client: ClusterClient;
  readonly #node: string;
  readonly #pods = new Map<string, WatchedPod>();
  readonly #waiters = new Set<Waiter>();
  #watch: Disposable | undefined;

  private constructor(client: ClusterClient, node: string) {
    this.#client = client;
    this.#node = node;
  }

  static async start(client: ClusterClient, node: string): Promise<PodWatch> {
    const started = new PodWatch(client, node);
    const selector = `fieldSelector=spec.nodeName=${node}`;
    const { metadata } = await client.get<{ metadata: { resourceVersion: string } }>(`${pods}?${selector}`);
    started.#watch = await client.watch<WatchedPod>(pods, selector, metadata.resourceVersion, {
      event: ({ type, object }) => started.#event(type, object),
      failed: (error) => {
        for (const waiter of started.#waiters) waiter.failed(error);
      },
    });
    return started;
  }

  /** Creates pods at once; resolves when all are ready. */
  async createUntilReady(names: readonly string[], spec: object): Promise<void> {
    const ready = this.#until(`${describe(names)} ready`, () => names.every((name) => this.#isReady(name)));
    await Promise.all([
      ready,
      ...names.map((name) =>
        this.#client.create(pods, { metadata: { name }, spec: { nodeName: this.#node, ...spec } }),
      ),
    ]);
  }

  /** Deletes pods at once, gracefully; resolves when the server has none of them any more. */
  async deleteUntilGone(names: readonly string[]): Promise<void> {
    const gone = this.#until(`${describe(names)} gone`, () => !names.some((name) => this.#pods.has(name)));
    await Promise.all([gone, ...names.map((name) => this.#client.delete(`${pods}/${name}`))]);
  }

  /** The pods that are there. */
  all(): WatchedPod[] {
    return [...this.#pods.values()];
  }

  /** Ends the watch. */
  [Symbol.dispose](): void {
    this.#watch?.[Symbol.dispose]();
  }

  #event(type: string, pod: WatchedPod): void {
    if (type === 'DELETED') this.#pods.delete(pod.metadata.name);
    else this.#pods.set(pod.metadata.name, pod);
    for (const waiter of this.#waiters) if (waiter.isDone()) waiter.done();
  }

  #isReady(name: string): boolean {
    const conditions = this.#pods.get(name)?.status.conditions ?? [];
    return conditions.some(({ type, status }) => type === 'Ready' && status === 'True');
  }

  async #until(what: string, isDone: () => boolean): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const waiter = { isDone, done: resolve, failed: reject };
    const timer = setTimeout(() => {
      const seen = this.all().map(({ metadata, status }) => `${metadata.name} ${status.phase}`);
      reject(new Error(`${this.#node}: gave up waiting until ${what}; at the end: ${seen.join(', ')}`));
    }, timeoutMs);
    this.#waiters.add(waiter);
    try {
      await promise;
    } finally {
      this.#waiters.delete(waiter);
      clearTimeout(timer);
    }
  }
}

function describe(names: readonly string[]): string {
  return names.length === 1 ? `${names[0]} is` : `${names.length} pods such as ${names[0]} are`;
}
