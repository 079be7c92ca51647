import type { KeyedQueue } from '@berth/common/keyed-queue.ts';
import type { Cgroups } from '@berth/linux/cgroups/cgroups.ts';
import type { CgroupDriver } from '@berth/linux/cgroups/driver.ts';
import type { NamespaceWorker } from '@berth/linux/namespaces/namespaces.ts';
import type { CgroupNaming } from './cgroups/naming.ts';
import type { Config } from './config/config.ts';
import type { Makings } from './container/abortable-operations.ts';
import type { Stops } from './container/stops.ts';
import type { EventBus } from './events/event-bus.ts';
import type { Exits } from './exits/exits.ts';
import type { ImageService } from './image/service.ts';
import type { Logger } from './logging/log.ts';
import type { PodNetwork } from './network/pod-network.ts';
import type { Metrics } from './observability/metrics.ts';
import type { PodStarts } from './observability/tracing/pod-starts.ts';
import type { Tracer } from './observability/tracing/tracer.ts';
import type { RuntimeHandlers } from './oci-runtime/detect.ts';
import type { HostFacts } from './spec/input.ts';
import type { Paths } from './state/paths.ts';
import type { State } from './state/state.ts';
import type { Retries } from './teardown/retries.ts';

/** What the handlers of one berthd share. */
export interface Context {
  /** A reload replaces it. */
  config: Config;
  readonly log: Logger;
  readonly paths: Paths;
  readonly state: State;
  /** Keys are sandbox ids and container ids; who takes both takes the sandbox's first. */
  readonly queue: KeyedQueue;
  readonly events: EventBus;
  /** A reload replaces it. */
  runtimes: RuntimeHandlers;
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
  readonly makings: Makings;
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
