import type { KeyedQueue } from '@berth/common/keyed-queue.ts';
import type { Cgroups } from '@berth/linux/cgroups/cgroups.ts';
import type { CgroupDriver } from '@berth/linux/cgroups/driver.ts';
import type { NamespaceWorker } from '@berth/linux/namespaces/namespaces.ts';
import type { CgroupNaming } from './cgroups/naming.ts';
import type { LiveConfig } from './config/live-config.ts';
import type { AbortableOperations } from './container/abortable-operations.ts';
import type { ContainerRestores } from './container/creation.ts';
import type { Stops } from './container/stops.ts';
import type { Exits } from './exits/exits.ts';
import type { ImageService } from './image/service.ts';
import type { Logger } from './logging/log.ts';
import type { PodNetwork } from './network/pod-network.ts';
import type { Metrics } from './observability/metrics.ts';
import type { PodStarts } from './observability/tracing/pod-starts.ts';
import type { Tracer } from './observability/tracing/tracer.ts';
import type { OciRuntimes } from './oci-runtime/detect.ts';
import type { PodEvents } from './sandbox/pod-events.ts';
import type { HostFacts } from './spec/input.ts';
import type { Paths } from './state/paths.ts';
import type { State } from './state/state.ts';
import type { Retries } from './teardown/retries.ts';

/** What the handlers of one berthd share. */
export interface Context {
  readonly config: LiveConfig;
  readonly log: Logger;
  readonly paths: Paths;
  readonly state: State;
  /** Keys are sandbox ids and container ids; who takes both takes the sandbox's first. */
  readonly queue: KeyedQueue;
  readonly events: PodEvents;
  readonly runtimes: OciRuntimes;
  readonly namespaces: NamespaceWorker;
  readonly cgroups: Cgroups;
  /** What removes cgroups that pods and containers had: by their files, or through systemd. */
  readonly cgroupDriver: CgroupDriver;
  readonly cgroupNaming: CgroupNaming;
  readonly host: HostFacts;
  readonly network: PodNetwork;
  readonly images: ImageService;
  readonly exits: Exits;
  readonly stops: Stops;
  readonly operations: AbortableOperations;
  readonly restores: ContainerRestores;
  /** Clean-ups that failed and are tried again. */
  readonly retries: Retries;
  /** Aborts when berthd closes: containers go on, and nobody here watches them any more. */
  readonly closing: AbortSignal;
  readonly tracer: Tracer;
  readonly starts: PodStarts;
  readonly metrics: Metrics;
  /** Absolute path of conmon. */
  readonly conmon: string;
}
