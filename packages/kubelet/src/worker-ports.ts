// Builds the parts that pod workers use, from those of one kubelet.
import { Semaphore } from '@berth/common/semaphore.ts';
import type { CriClient } from '@berth/cri/client/client.ts';
import { selinuxEnabled } from '@berth/linux/security/selinux.ts';
import { CrashLoopBackoff } from './backoff/crash-loop.ts';
import type { PodCgroups } from './cgroups/pod-cgroups.ts';
import { readCgroupNode } from './cgroups/read-cgroup-node.ts';
import { collectGarbage } from './garbage/collect.ts';
import { ImageManager } from './images/image-manager.ts';
import type { PodRuntimeStatus } from './kubecontainer/runtime-status.ts';
import { recordedGracePeriod } from './kuberuntime/grace-period.ts';
import type { RuntimeFacts } from './kuberuntime/runtime-facts.ts';
import { RuntimeHandlers } from './kuberuntime/runtime-handlers.ts';
import { RuntimePods } from './kuberuntime/runtime-pods.ts';
import { sandboxConfigMaker } from './kuberuntime/sandbox-config-of.ts';
import type { KubeletMetrics } from './metrics/kubelet-metrics.ts';
import { nodeMaskedPaths } from './node/masked-paths.ts';
import { canMountWithoutSwap } from './node/node-capacity.ts';
import type { ThisNode } from './node/read-node.ts';
import type { Objects } from './objects/objects.ts';
import type { KubeletOptions } from './options/kubelet-options.ts';
import { loadPodRecord, savePodRecord } from './podfiles/pod-record.ts';
import { observedEffects } from './pods/effects/observed-effects.ts';
import { effectTable } from './pods/effects/table.ts';
import { syncPod } from './pods/sync-pod.ts';
import { terminatePod } from './pods/terminate-pod.ts';
import type { WorkerPorts } from './pods/worker.ts';
import type { Prober } from './prober/manager.ts';
import type { StatusManager } from './status/manager.ts';
import { UserNamespaces } from './userns/user-namespaces.ts';
import { filesPlugin } from './volumes/files-plugin.ts';
import { VolumeManager } from './volumes/manager.ts';
import { observedPlugin } from './volumes/observed-plugin.ts';
import { configMapVolumes } from './volumes/plugins/config-map.ts';
import { downwardApiVolumes } from './volumes/plugins/downward-api.ts';
import { emptyDirPlugin } from './volumes/plugins/empty-dir.ts';
import { hostPathPlugin } from './volumes/plugins/host-path.ts';
import { imagePlugin } from './volumes/plugins/image.ts';
import { nfsPlugin } from './volumes/plugins/nfs.ts';
import { projectedVolumes } from './volumes/plugins/projected.ts';
import { secretVolumes } from './volumes/plugins/secret.ts';

/** Maximum number of concurrent RunPodSandbox and CreateContainer calls: keeps the runtime busy without flooding it. */
const maxCreations = 16;

/** Connections to the runtime, and the options of the kubelet that uses them. */
export interface KubeletConnections {
  cri: CriClient;
  /** The image service, if its socket is not the runtime's. */
  imageCri?: CriClient;
  options: KubeletOptions;
}

/** The parts of a kubelet that the parts of the pod workers are built from. */
export interface WorkerParts {
  node: ThisNode;
  facts: RuntimeFacts;
  cgroups: PodCgroups;
  statuses: StatusManager;
  objects: Objects;
  prober: Prober;
  metrics: KubeletMetrics;
}

/** Builds the parts that the pod workers use. */
export function workerPorts(
  { cri, imageCri = cri, options }: KubeletConnections,
  { node, facts, cgroups, statuses, objects, prober, metrics }: WorkerParts,
): WorkerPorts {
  const { runtimeName, handlers, canMountRecursivelyReadOnly } = facts;
  const { runtime } = cri;
  const pods = new RuntimePods(runtime, options, (seconds) => metrics.pleg.podRead(seconds));
  const images = new ImageManager({
    client: imageCri.image,
    maxParallelPulls: options.maxParallelImagePulls,
    objects,
    rootDir: options.rootDir,
    metrics: metrics.images,
    verification: options.imageVerification,
  });
  const crashLoop = new CrashLoopBackoff(options.maxContainerRestartPeriodMs);
  const creations = new Semaphore(maxCreations);
  const capacity = node.forPods;
  const memoryVolumes = { memoryBytes: capacity.memoryBytes, noswap: canMountWithoutSwap() };
  const files = { roots: options, objects, memoryVolumes };
  const plugins = [
    emptyDirPlugin(options, memoryVolumes),
    hostPathPlugin,
    imagePlugin,
    nfsPlugin({ roots: options }),
    ...[configMapVolumes, secretVolumes, downwardApiVolumes(capacity), projectedVolumes(capacity)].map(
      (kind) => filesPlugin(kind, files),
    ),
  ];
  const volumes = new VolumeManager(
    options,
    plugins.map((plugin) => observedPlugin(plugin, metrics.volumes)),
  );
  const users = new UserNamespaces(options);
  const sandboxConfigOf = sandboxConfigMaker(options, cgroups, users);
  const hookMetrics = metrics.hooks;
  const effects = effectTable({
    runtime,
    hookMetrics,
    pods,
    images,
    volumes,
    cgroups,
    crashLoop,
    creations,
    sandboxConfigOf,
    users,
    handlers: new RuntimeHandlers(runtime, handlers),
    canMountRecursivelyReadOnly,
    options,
    capacity,
    objects,
    cgroupNode: readCgroupNode(node),
    maskedPaths: nodeMaskedPaths(),
    isSELinuxEnabled: selinuxEnabled(),
  });
  const sync = {
    pods,
    crashLoop,
    volumes,
    effects: observedEffects(effects, metrics),
    probes: prober,
    collectGarbage: (status: PodRuntimeStatus) => collectGarbage(status, { runtime, pods, options }),
  };
  const terminate = { runtime, hookMetrics, pods, options, images, crashLoop, cgroups, volumes, users };
  return {
    sync: (pod, state) => {
      const { annotations = {} } = pod.metadata;
      if (state.isNew) metrics.pods.firstRound(Date.parse(annotations['kubernetes.io/config.seen'] ?? ''));
      return metrics.pods.round(state.isNew ? 'create' : 'sync', () => syncPod(pod, state, sync));
    },
    terminate: (ending, onStatus) =>
      metrics.pods.round('terminated', () => terminatePod(ending, terminate, onStatus)),
    recordedGracePeriod: (uid) => recordedGracePeriod(runtime, uid),
    statuses,
    prober,
    records: {
      load: (uid) => loadPodRecord(options, uid),
      save: (uid, record) => savePodRecord(options, uid, record),
    },
    runtimeName,
    canMountRecursivelyReadOnly,
    options,
  };
}
