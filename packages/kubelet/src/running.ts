// The parts of the kubelet that exist once the runtime has answered: workers, PLEG, probes, log rotation.
import { setTimeout as sleep } from 'node:timers/promises';
import { detectCgroups } from '@berth/linux/cgroups/detect.ts';
import { startPodCgroups } from './cgroups/start-cgroups.ts';
import type { ClusterParts } from './cluster/cluster-parts.ts';
import type { Devices } from './devices/devices.ts';
import type { DynamicResources } from './dra/dynamic-resources.ts';
import type { EventRecorder } from './events/event-recorder.ts';
import { leftoverPods } from './garbage/leftover-pods.ts';
import { orphanFate } from './garbage/orphan-fate.ts';
import type { PodOwnership } from './garbage/pod-ownership.ts';
import { tellForeignPods } from './garbage/tell-foreign-pods.ts';
import { createLogger } from './klog/klog.ts';
import { runtimeFacts } from './kuberuntime/runtime-facts.ts';
import { LogRotator } from './logs/log-rotator.ts';
import { tellCgroups } from './node/cgroup-events.ts';
import type { PodCidr } from './node/pod-cidr.ts';
import type { ThisNode } from './node/read-node.ts';
import { NodePressure } from './node-pressure.ts';
import type { Objects } from './objects/objects.ts';
import type { Observation } from './observation/observation.ts';
import { resourcesLabels } from './observation/pod-resources.ts';
import { Pleg } from './pleg/pleg.ts';
import { isRestarting } from './podfiles/restart-intent.ts';
import { ImposedEnds } from './podmanager/imposed-ends.ts';
import type { PodActivity } from './podmanager/pod-activity.ts';
import type { PodManager } from './podmanager/pod-manager.ts';
import { PodWorkers } from './pods/workers.ts';
import { Prober } from './prober/manager.ts';
import { NodeFileSystems } from './stats/node-file-systems.ts';
import type { StatusManager } from './status/manager.ts';
import type { IscsiVolumes } from './volumes/iscsi/iscsi-volumes.ts';
import { type KubeletConnections, workerPorts } from './worker-ports.ts';

const log = createLogger('running.ts');

const firstRetryMs = 100;
const longestRetryMs = 5000;

/** The parts that exist once the runtime has answered. */
export interface Running {
  workers: PodWorkers;
  pleg: Pleg;
  rotator: LogRotator;
  prober: Prober;
  pressure: NodePressure;
  iscsi: IscsiVolumes;
}

/** What the running parts get of the kubelet. */
export interface RunningPorts {
  connections: KubeletConnections;
  node: ThisNode;
  podManager: PodManager;
  activity: Pick<PodActivity, 'activePods'>;
  statuses: StatusManager;
  objects: Objects;
  cluster: ClusterParts | undefined;
  ownership: PodOwnership;
  observation: Observation;
  events: EventRecorder;
  podCidr: PodCidr;
  devices: Devices;
  claims: DynamicResources;
  /** True once all sources of pods have been read. */
  sourcesRead(): boolean;
  isStopped(): boolean;
  /** The running parts, once they are set. */
  running(): Running | undefined;
  /** The runtime has told what it can do, and pods are judged anew. */
  onFacts(): void;
  /** Has the workers learn of pods that the kubelet ends. */
  onImposed(): void;
  /** Has the node's status told to its cluster now. */
  tellStatus(): void;
  /** Takes the running parts, before they start. */
  onRunning(running: Running): void;
  /** The pod with this UID has ended, and nothing of it is left. */
  onEnded(uid: string): void;
}

/**
 * Builds and starts the parts, with what an earlier kubelet has left. Tries again until that succeeds, or the kubelet is
 * stopped: the runtime may not answer yet.
 */
export async function startRunning(ports: RunningPorts): Promise<void> {
  for (let delayMs = firstRetryMs; !ports.isStopped(); delayMs = Math.min(delayMs * 2, longestRetryMs)) {
    try {
      await begin(ports);
      return;
    } catch (error) {
      log.error('Failed to begin with the container runtime, will try again', { err: error, ms: delayMs });
      await sleep(delayMs);
    }
  }
}

async function begin(ports: RunningPorts): Promise<void> {
  const { podManager, statuses, cluster, ownership, observation, events, devices, claims } = ports;
  const { cri, imageCri = cri, options } = ports.connections;
  const { runtime } = cri;
  const { kubelet: metrics } = observation;
  const facts = await runtimeFacts(runtime);
  const node = detectCgroups();
  const cgroups = await startPodCgroups(options, facts.cgroupDriver, node, ports.node.podLimits, (driver) =>
    metrics.cgroups.observed(driver),
  );
  podManager.runtimeAnswered(facts);
  ports.onFacts();
  const prober = new Prober({
    runtime,
    options,
    events,
    onChange: (uid, kind) => ports.running()?.workers.onProbe(uid, kind),
  });
  const worker = workerPorts(ports.connections, {
    node: ports.node,
    facts,
    cgroups,
    statuses,
    objects: ports.objects,
    cluster,
    prober,
    devices,
    claims,
    metrics,
    events,
    wake: (uids) => ports.running()?.workers.wake(uids),
  });
  const fateOf = (uid: string): ReturnType<typeof orphanFate> =>
    orphanFate({
      isOurs: ownership.has(uid),
      sourcesRead: ports.sourcesRead(),
      adopts: options.adoptsPods,
    });
  const isOurs = (uid: string): boolean => options.adoptsPods || ownership.has(uid);
  const { ours, foreign, ready } = await leftoverPods({ runtime, cgroups, isOurs, options });
  devices.begin(ready);
  if (options.podCidr !== '' && !ports.isStopped()) await ports.podCidr.set(options.podCidr);
  // What is started after a stop would never end.
  if (ports.isStopped()) return;
  tellCgroups(events, node, options);
  for (const { uid } of ours) ownership.remember(uid);
  const ends = new ImposedEnds({ podManager, onImposed: () => ports.onImposed() });
  const workers = new PodWorkers(devices.ready(podManager.admitted()), {
    imposed: podManager.imposed(),
    pending: podManager.pendingResizes(),
    worker,
    found: [...ours, ...foreign],
    fateOf,
    isRestarting: (uid) => isRestarting(options, uid),
    onAdded: (pod) => {
      if (pod !== undefined) ownership.remember(pod.metadata.uid);
      if (pod === undefined) metrics.pods.orphanFound();
      else {
        metrics.pods.workerAdded(pod.spec.containers.length);
        metrics.pods.admitted(resourcesLabels(pod));
      }
    },
    onCleared: (uid) => ends.cleared(uid),
    onEnded: (uid, wasOrphan) => {
      ends.cleared(uid);
      if (wasOrphan) metrics.pods.orphanRemoved();
      if (podManager.admitted().has(uid) && !workers.isOver(uid)) metrics.pods.restarted();
      ports.onEnded(uid);
    },
  });
  const pleg = new Pleg(runtime, workers, { safetyNetMs: options.syncFrequencyMs, metrics: metrics.pleg });
  const rotator = new LogRotator({ runtime, options, workers });
  const activePods = () => ports.activity.activePods();
  const fileSystems = new NodeFileSystems(imageCri.image, options.rootDir);
  const pressure = new NodePressure({
    cgroups: node,
    podsCgroup: cgroups.ownCgroups()[0],
    cri,
    image: imageCri.image,
    fileSystems,
    options,
    podManager,
    ends,
    summary: () => observation.summary(),
    activePods,
    discardEnded: () => workers.discardEnded(),
    tellStatus: () => ports.tellStatus(),
    onImageRemoved: (id) => worker.imageRemoved(id),
    events,
    metrics,
  });
  const { iscsi } = worker;
  ports.onRunning({ workers, pleg, rotator, prober, pressure, iscsi });
  tellForeignPods(foreign, podManager.admitted());
  observation.begin({
    cgroups: node,
    podCgroups: cgroups,
    runtime,
    fileSystems,
    options,
    runtimePods: () => workers.runtimePods(),
    probes: () => prober.metrics(),
    resizes: () => ({
      pending: [...podManager.pendingResizes()].map(([uid, { reason }]) => ({
        pod: podManager.desired(uid),
        reason,
      })),
      inProgress: statuses.withCondition('PodResizeInProgress'),
    }),
    storedVolumes: (uid) => cluster?.storage.volumeStats(uid) ?? [],
    mirrorPods: () => cluster?.pods.mirrorCount ?? 0,
    desiredPods: () => podManager.desiredPods(),
    activePods,
  });
  pleg.start();
  rotator.start();
  pressure.start();
  iscsi.start();
}

/** Stops them. Pods keep running. */
export async function stopRunning(running: Running): Promise<void> {
  running.pleg.stop();
  running.rotator.stop();
  running.prober.stop();
  running.pressure.stop();
  running.iscsi.stop();
  await running.workers.stop();
}
