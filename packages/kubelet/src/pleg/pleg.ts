// The pod lifecycle event generator: reports which pods changed in the runtime, from the runtime's own events. A
// runtime without events is listed every second.
import { sleepUntilAborted } from '@berth/common/abort.ts';
import type { RuntimeClient } from '@berth/cri/client/client.ts';
import { CriError } from '@berth/cri/errors/cri-error.ts';
import { type ContainerEventResponse, ContainerEventType } from '@berth/cri/generated/api.ts';
import type { PodIdentity } from '../api/pod.ts';
import { createLogger } from '../klog/klog.ts';
import { podOfLabels } from '../kubecontainer/labels.ts';
import type { SandboxView } from '../kubecontainer/runtime-status.ts';
import { type ListedPod, listRuntimePods, sandboxView } from '../kuberuntime/runtime-pods.ts';
import type { PlegMetrics } from '../metrics/pleg-metrics.ts';

const log = createLogger('pleg.ts');

const relistMs = 1000;
const firstReconnectMs = 100;
const longestReconnectMs = 1000;

const appearances: ReadonlySet<ContainerEventType> = new Set([
  ContainerEventType.CONTAINER_CREATED_EVENT,
  ContainerEventType.CONTAINER_STARTED_EVENT,
]);

/** Receives the events. */
export interface PlegListener {
  /**
   * Something about the pod changed. `appeared`: a sandbox or container of it is new. `view`: the state of the
   * sandbox in question, if the runtime reported it.
   */
  onPod(pod: PodIdentity, appeared: boolean, view: SandboxView | undefined): void;
  /** Any pod may have changed: the connection to the runtime was lost. */
  onAll(): void;
}

/** Watches one runtime. */
export class Pleg {
  readonly #runtime: RuntimeClient;
  readonly #listener: PlegListener;
  readonly #safetyNetMs: number;
  readonly #metrics: PlegMetrics;
  readonly #stopped = new AbortController();
  #listed = new Map<string, ListedPod>();
  #ready = false;
  #timer: NodeJS.Timeout | undefined;

  /** `safetyNetMs`: interval of listing the runtime although it sends events. */
  constructor(
    runtime: RuntimeClient,
    listener: PlegListener,
    { safetyNetMs, metrics }: { safetyNetMs: number; metrics: PlegMetrics },
  ) {
    this.#runtime = runtime;
    this.#listener = listener;
    this.#safetyNetMs = safetyNetMs;
    this.#metrics = metrics;
  }

  /** Whether the runtime answered recently. */
  get ready(): boolean {
    return this.#ready;
  }

  /** Starts watching; returns at once. */
  start(): void {
    void this.#watch();
  }

  /** Stops watching and calling the listener. */
  stop(): void {
    this.#stopped.abort();
    clearTimeout(this.#timer);
  }

  /** Reads the runtime's event stream; a runtime without events is only listed every second. */
  async #watch(): Promise<void> {
    const { signal } = this.#stopped;
    let reconnectMs = firstReconnectMs;
    while (!signal.aborted) {
      const connection = new AbortController();
      const either = AbortSignal.any([signal, connection.signal]);
      try {
        const events = this.#listen(either, () => {
          reconnectMs = firstReconnectMs;
        });
        // List once, for changes before the stream was open.
        await Promise.race([events, this.#relist().then(() => events)]);
        throw new Error('the runtime ended its events');
      } catch (error) {
        connection.abort();
        if (signal.aborted) return;
        if (error instanceof CriError && error.code === 'UNIMPLEMENTED') {
          log.info('The runtime has no container events: listing its pods every second instead');
          return this.#relistEvery(relistMs);
        }
        this.#ready = false;
        this.#metrics.disconnected();
        log.warn('Lost sight of the container runtime, will try again', { err: error, ms: reconnectMs });
        await sleepUntilAborted(reconnectMs, signal);
        reconnectMs = Math.min(reconnectMs * 2, longestReconnectMs);
      }
    }
  }

  async #listen(signal: AbortSignal, onEvent: () => void): Promise<void> {
    this.#relistEvery(this.#safetyNetMs);
    let isConnected = false;
    for await (const event of this.#runtime.getContainerEvents({}, { signal })) {
      onEvent();
      // gRPC does not tell that a stream is open before its first message.
      if (!isConnected) this.#metrics.connected();
      isConnected = true;
      this.#ready = true;
      this.#metrics.event(event.createdAt);
      const pod = podOf(event);
      log.v(4, 'Container event', { pod: pod?.name, type: event.containerEventType, id: event.containerId });
      if (pod) {
        this.#listener.onPod(pod, appearances.has(event.containerEventType), sandboxView(event));
      } else this.#listener.onAll();
    }
  }

  #relistEvery(ms: number): void {
    clearTimeout(this.#timer);
    if (this.#stopped.signal.aborted) return;
    this.#timer = setTimeout(async () => {
      try {
        await this.#relist();
      } catch (error) {
        if (this.#ready) log.warn('The container runtime does not answer', { err: error });
        this.#ready = false;
      }
      this.#relistEvery(ms);
    }, ms);
  }

  /** Lists the runtime's pods and compares them with the previous list. */
  async #relist(): Promise<void> {
    const listed = this.#metrics.relists();
    const now = await listRuntimePods(this.#runtime);
    listed();
    const before = this.#listed;
    this.#listed = now;
    if (!this.#ready) this.#listener.onAll();
    this.#ready = true;
    for (const [uid, pod] of now) {
      if (before.get(uid)?.fingerprint !== pod.fingerprint) this.#listener.onPod(pod, true, undefined);
    }
    for (const [uid, pod] of before) if (!now.has(uid)) this.#listener.onPod(pod, false, undefined);
  }
}

/** The pod of an event's container; undefined when the event does not contain it. */
function podOf(event: ContainerEventResponse): PodIdentity | undefined {
  const labels = event.podSandboxStatus?.labels ?? event.containersStatuses[0]?.labels ?? {};
  return podOfLabels(labels);
}
