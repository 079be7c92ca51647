// Opens and starts all parts of berthd in dependency order. daemon.ts calls it.

import { builtInExec } from '@berth/cni/builtin/builtin-exec.ts';
import { makePrivateDirectory } from '@berth/common/files/directories.ts';
import { KeyedQueue } from '@berth/common/keyed-queue.ts';
import type { Cgroups } from '@berth/linux/cgroups/cgroups.ts';
import { detectCgroups } from '@berth/linux/cgroups/detect.ts';
import type { CgroupDriver } from '@berth/linux/cgroups/driver.ts';
import { startCgroupDriver } from '@berth/linux/cgroups/start-driver.ts';
import { NamespaceWorker } from '@berth/linux/namespaces/namespaces.ts';
import { type CgroupNaming, cgroupNaming } from './cgroups/naming.ts';
import { containerRestores } from './checkpoint/restores.ts';
import type { Config } from './config/config.ts';
import type { LiveConfig } from './config/live-config.ts';
import { AbortableOperations } from './container/abortable-operations.ts';
import type { ContainerRestores } from './container/creation.ts';
import { Stops } from './container/graceful-stop.ts';
import { EventBus } from './events/event-bus.ts';
import { Exits } from './exits/exits.ts';
import { findProgram } from './host/programs.ts';
import { ImageService } from './image/service.ts';
import type { Logger } from './logging/log.ts';
import { bridgeKernel } from './network/bridge-kernel.ts';
import { execPlugin } from './network/plugin-exec.ts';
import { PodNetwork } from './network/pod-network.ts';
import { Metrics } from './observability/metrics.ts';
import { PodStarts } from './observability/tracing/pod-starts.ts';
import { recordStarts } from './observability/tracing/record-starts.ts';
import { noTracing, type Tracer } from './observability/tracing/tracer.ts';
import { OciRuntimes } from './oci-runtime/detect.ts';
import { PodEvents } from './sandbox/pod-events.ts';
import { readHostFacts } from './spec/host-inputs/host.ts';
import type { HostFacts } from './spec/input.ts';
import { Paths } from './state/paths.ts';
import { State } from './state/state.ts';
import { Retries } from './teardown/retries.ts';

/** The services of one berthd. Each handler and background task declares the subset that it uses. */
export interface Services {
  readonly config: LiveConfig;
  readonly log: Logger;
  readonly paths: Paths;
  readonly state: State;
  /** Keys are sandbox ids and container ids. Lock order: sandbox, then container. */
  readonly queue: KeyedQueue;
  readonly events: PodEvents;
  readonly runtimes: OciRuntimes;
  readonly namespaces: NamespaceWorker;
  readonly cgroups: Cgroups;
  /** Makes and removes cgroups by their files, or through systemd. */
  readonly cgroupDriver: CgroupDriver;
  readonly cgroupNaming: CgroupNaming;
  readonly host: HostFacts;
  readonly network: PodNetwork;
  readonly images: ImageService;
  readonly exits: Exits;
  readonly stops: Stops;
  readonly operations: AbortableOperations;
  readonly restores: ContainerRestores;
  /** Failed clean-ups that are retried. */
  readonly retries: Retries;
  /** Aborts when berthd closes. Containers keep running. */
  readonly closing: AbortSignal;
  readonly tracer: Tracer;
  readonly starts: PodStarts;
  readonly metrics: Metrics;
  /** Absolute path of conmon. */
  readonly conmon: string;
}

/** Opens and starts everything; `resources` closes it again in reverse order. */
export async function startServices(
  live: LiveConfig,
  log: Logger,
  resources: AsyncDisposableStack,
  closing: AbortSignal,
): Promise<Services> {
  const config = live.current;
  const paths = new Paths(config);
  for (const dir of [paths.sandboxes, paths.bundles, paths.layers, paths.exits]) {
    makePrivateDirectory(dir);
  }
  const naming = cgroupNaming(config.cgroupDriver);
  const cgroups = detectCgroups();
  const cgroupDriver = resources.use(await startCgroupDriver(config.cgroupDriver, cgroups));
  const exits = new Exits();
  const state = State.open(config.root);
  resources.defer(() => state.close());
  const starts = new PodStarts();
  const tracer = recordStarts(starts, await startTracing(config.tracing, log));
  resources.defer(() => tracer.close());
  const namespaces = await NamespaceWorker.start();
  resources.defer(() => namespaces.close());
  const retries = resources.use(new Retries(log));
  const network = await PodNetwork.start({
    ...config.cni,
    exec: config.cni.builtInPlugins ? builtInExec(bridgeKernel(namespaces), execPlugin) : execPlugin,
    timeoutMs: config.cni.timeoutSeconds * 1000,
    sandboxesDir: paths.sandboxes,
    onSelect: () => retries.now(),
    log,
  });
  resources.defer(() => network.close());
  const images = await ImageService.open({
    root: config.root,
    database: state.database,
    registry: config.registry,
    limits: config.image,
    tracer,
    usedImages: () => [...state.containers.all()].flatMap((each) => [each.imageId, ...each.volumeImages]),
    log,
  });
  resources.defer(() => images.close());
  live.follow(({ image, registry }) => images.configure({ limits: image, registry }));
  const runtimes = new OciRuntimes({
    stateDir: config.state,
    cgroupNaming: naming,
    handlers: config.runtimes,
    defaultHandler: config.defaultRuntime,
  });
  live.follow(({ runtimes: handlers, defaultRuntime }) => runtimes.detect(handlers, defaultRuntime));
  const services = {
    config: live,
    log,
    paths,
    state,
    queue: new KeyedQueue(),
    events: new PodEvents(new EventBus(log), state),
    runtimes,
    namespaces,
    cgroups,
    cgroupDriver,
    cgroupNaming: naming,
    host: readHostFacts({ cgroups, cgroupNaming: naming }),
    network,
    images,
    exits,
    stops: new Stops({ cgroups, exits }),
    operations: new AbortableOperations(),
    retries,
    closing,
    tracer,
    starts,
    metrics: new Metrics(state),
    conmon: findProgram(config.conmon, 'conmon'),
  };
  return { ...services, restores: containerRestores(services) };
}

async function startTracing(
  { endpoint, samplingRatePerMillion }: Config['tracing'],
  log: Logger,
): Promise<Tracer> {
  if (endpoint === undefined) return noTracing;
  const { openTelemetry } = await import('./observability/tracing/open-telemetry.ts');
  return openTelemetry({ endpoint, samplingRatePerMillion }, log);
}
