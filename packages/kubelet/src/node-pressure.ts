// Builds what relieves a node under pressure: eviction of pods, removal of images and dead containers, and an orderly end
// when it shuts down.
import type { CriClient } from '@berth/cri/client/client.ts';
import type { Cgroups } from '@berth/linux/cgroups/cgroups.ts';
import { closeDescriptor } from '@berth/linux/syscall/libc.ts';
import { Logind } from '@berth/linux/systemd/logind.ts';
import type { Pod } from './api/pod.ts';
import type { EventRecorder } from './events/event-recorder.ts';
import { EvictionManager } from './eviction/manager.ts';
import { NodeObserver } from './eviction/node-observer.ts';
import { ImageCollector } from './images/collection/image-collector.ts';
import type { KubeletMetrics } from './metrics/kubelet-metrics.ts';
import type { Pressures } from './node/status/status-facts.ts';
import type { KubeletOptions } from './options/kubelet-options.ts';
import type { ImposedEnds } from './podmanager/imposed-ends.ts';
import type { PodManager } from './podmanager/pod-manager.ts';
import { ShutdownManager } from './shutdown/shutdown-manager.ts';
import { ShutdownRecord } from './shutdown/shutdown-record.ts';
import type { NodeFileSystems } from './stats/node-file-systems.ts';
import type { Summary } from './stats/stats-api.ts';

/** The parts of a running kubelet that this needs. */
export interface NodePressureParts {
  cgroups: Cgroups;
  /** Path of the cgroup of all pods; undefined when there is none. */
  podsCgroup: string | undefined;
  cri: CriClient;
  image: CriClient['image'];
  fileSystems: NodeFileSystems;
  options: KubeletOptions;
  podManager: Pick<PodManager, 'conditionsChanged'>;
  ends: ImposedEnds;
  /** Statistics of the node and its pods. */
  summary(): Promise<Summary>;
  activePods(): readonly Pod[];
  /** Removes the containers of pods that have ended. */
  discardEnded(): Promise<void>;
  onImageRemoved(id: string): Promise<void>;
  /** Has the node's status told to its cluster now. */
  tellStatus(): void;
  events: EventRecorder;
  metrics: KubeletMetrics;
}

/** Watches the node, and relieves it. */
export class NodePressure {
  readonly #images: ImageCollector;
  readonly #evictions: EvictionManager;
  readonly #shutdown: ShutdownManager;

  constructor(parts: NodePressureParts) {
    const { cri, image, fileSystems, options, podManager, ends, events, metrics } = parts;
    this.#images = new ImageCollector({
      runtime: cri.runtime,
      image,
      policy: options.imageCollection,
      disk: () => fileSystems.imageDisk(),
      events,
      metrics: metrics.images,
      onRemoved: (id) => parts.onImageRemoved(id),
    });
    this.#evictions = new EvictionManager({
      options: options.eviction,
      node: new NodeObserver(parts.cgroups, parts.podsCgroup, fileSystems),
      layout: () => fileSystems.layout(),
      usage: async () => new Map((await parts.summary()).pods.map((pod) => [pod.podRef.uid, pod])),
      activePods: () => parts.activePods(),
      evict: (pod, end, signal) => ends.impose(pod, end, signal),
      reclaim: {
        containers: () => parts.discardEnded(),
        images: () => this.#images.removeUnused(),
      },
      onPressures: (pressures) => podManager.conditionsChanged({ pressures }),
      events,
      metrics: metrics.pressure,
    });
    this.#shutdown = new ShutdownManager({
      periods: options.shutdownPeriods,
      connect: (onShutdown) => Logind.open(onShutdown),
      logindConfDir: '/etc/systemd/logind.conf.d',
      activePods: () => parts.activePods(),
      end: (pod, end, signal) => ends.impose(pod, end, signal),
      release: closeDescriptor,
      onChange: (isShuttingDown) => {
        podManager.conditionsChanged({ isShuttingDown });
        parts.tellStatus();
      },
      record: new ShutdownRecord(options.rootDir),
      events,
      metrics: metrics.pressure,
    });
  }

  start(): void {
    this.#images.start();
    this.#evictions.start();
    this.#shutdown.start();
  }

  stop(): void {
    this.#images.stop();
    this.#evictions.stop();
    this.#shutdown.stop();
  }

  get pressures(): Pressures {
    return this.#evictions.pressures;
  }

  /** Why the node is not ready. */
  problems(): readonly string[] {
    return this.#shutdown.isShuttingDown ? ['node is shutting down'] : [];
  }
}
