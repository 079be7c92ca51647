// Builds the parts that pod workers use, from those of one kubelet.
import type { CriClient } from '@berth/cri/client/client.ts';
import type { ApiConnection } from './apiserver/api-connection.ts';
import { CrashLoopBackoff } from './backoff/crash-loop.ts';
import type { PodCgroups } from './cgroups/pod-cgroups.ts';
import { readCgroupNode } from './cgroups/read-cgroup-node.ts';
import type { ClusterParts } from './cluster/cluster-parts.ts';
import type { Devices } from './devices/devices.ts';
import type { DynamicResources } from './dra/dynamic-resources.ts';
import { aboutPod, type Recorder } from './events/event.ts';
import { collectGarbage, discardPod } from './garbage/collect.ts';
import { ImageManager } from './images/image-manager.ts';
import { CredentialProviders } from './images/providers/credential-providers.ts';
import type { PodRuntimeStatus } from './kubecontainer/runtime-status.ts';
import { recordedGracePeriod } from './kuberuntime/grace-period.ts';
import type { RuntimeFacts } from './kuberuntime/runtime-facts.ts';
import { RuntimeHandlers } from './kuberuntime/runtime-handlers.ts';
import { RuntimePods } from './kuberuntime/runtime-pods.ts';
import { sandboxConfigMaker } from './kuberuntime/sandbox-config-of.ts';
import { CredentialProviderMetrics } from './metrics/credential-provider-metrics.ts';
import type { KubeletMetrics } from './metrics/kubelet-metrics.ts';
import { nodeMaskedPaths } from './node/masked-paths.ts';
import { canMountWithoutSwap } from './node/node-capacity.ts';
import type { ThisNode } from './node/read-node.ts';
import type { Objects } from './objects/objects.ts';
import type { Observation } from './observation/observation.ts';
import type { KubeletOptions } from './options/kubelet-options.ts';
import { loadPodRecord, savePodRecord } from './podfiles/pod-record.ts';
import { Creations } from './pods/effects/creations.ts';
import { observedEffects } from './pods/effects/observed-effects.ts';
import { effectTable } from './pods/effects/table.ts';
import { endedStatus } from './pods/end/pod-end.ts';
import { syncPod } from './pods/sync-pod.ts';
import { terminatePod } from './pods/terminate-pod.ts';
import type { WorkerPorts } from './pods/worker.ts';
import type { Prober } from './prober/manager.ts';
import type { StatusManager } from './status/manager.ts';
import { UserNamespaces } from './userns/user-namespaces.ts';
import { filesPlugin } from './volumes/files-plugin.ts';
import { IscsiVolumes } from './volumes/iscsi/iscsi-volumes.ts';
import { VolumeManager } from './volumes/manager.ts';
import { observedPlugin } from './volumes/observed-plugin.ts';
import { configMapVolumes } from './volumes/plugins/config-map.ts';
import { downwardApiVolumes } from './volumes/plugins/downward-api.ts';
import { emptyDirPlugin } from './volumes/plugins/empty-dir.ts';
import { flexVolumePlugin } from './volumes/plugins/flex-volume.ts';
import { hostPathPlugin } from './volumes/plugins/host-path.ts';
import { imagePlugin } from './volumes/plugins/image.ts';
import { iscsiPlugin } from './volumes/plugins/iscsi.ts';
import { nfsPlugin } from './volumes/plugins/nfs.ts';
import { projectedVolumes } from './volumes/plugins/projected.ts';
import { secretVolumes } from './volumes/plugins/secret.ts';
import { labelledPlugin } from './volumes/selinux/request-label.ts';

/** Connections to the runtime, and the options of the kubelet that uses them. */
export interface KubeletConnections {
  cri: CriClient;
  /** The image service, if its socket is not the runtime's. */
  imageCri?: CriClient;
  options: KubeletOptions;
  /** The kubelet's version, e.g. `v1.37.0+berth.0.1.0`. */
  version: string;
  /** The API server of the node's cluster; none on a standalone node. */
  api?: ApiConnection;
  /** Metrics that others add to, too; by default the kubelet makes its own. */
  observation?: Observation;
}

/** The parts of a kubelet that the parts of the pod workers are built from. */
export interface WorkerParts {
  node: ThisNode;
  facts: RuntimeFacts;
  cgroups: PodCgroups;
  statuses: StatusManager;
  objects: Objects;
  /** What pods need of their cluster; undefined on a standalone node. */
  cluster:
    | Pick<
        ClusterParts,
        'load' | 'pods' | 'services' | 'contents' | 'accounts' | 'runtimeClasses' | 'storage'
      >
    | undefined;
  prober: Prober;
  devices: Pick<Devices, 'ofContainer' | 'health'>;
  claims: DynamicResources;
  metrics: KubeletMetrics;
  events: Recorder;
  /** What these pods wait for has happened. */
  wake(uids: Iterable<string>): void;
}

/** Builds the parts that the pod workers use. */
export function workerPorts(
  { cri, imageCri = cri, options }: KubeletConnections,
  {
    node,
    facts,
    cgroups,
    statuses,
    objects,
    cluster,
    prober,
    devices,
    claims,
    metrics,
    events,
    wake,
  }: WorkerParts,
): WorkerPorts & { imageRemoved(id: string): Promise<void>; iscsi: IscsiVolumes } {
  const { runtimeName } = facts;
  const { runtime } = cri;
  const pods = new RuntimePods(runtime, options, (seconds) => metrics.pleg.podRead(seconds));
  const images = new ImageManager({
    client: imageCri.image,
    maxParallelPulls: options.maxParallelImagePulls,
    pullRate: options.pullRate,
    objects,
    rootDir: options.rootDir,
    metrics: metrics.images,
    podStarts: metrics.podStarts,
    verification: options.imageVerification,
    providers:
      options.credentialProviders &&
      new CredentialProviders(
        options.credentialProviders,
        cluster?.accounts,
        new CredentialProviderMetrics(metrics.registry),
      ),
    events,
  });
  const crashLoop = new CrashLoopBackoff(options.maxContainerRestartPeriodMs);
  const creations = new Creations();
  const capacity = node.forPods;
  const memoryVolumes = { memoryBytes: capacity.memoryBytes, noswap: canMountWithoutSwap() };
  const files = { roots: options, objects, memoryVolumes, server: cluster?.contents };
  const labels = { selinux: node.selinux, metrics: metrics.volumes };
  const iscsi = new IscsiVolumes({ roots: options, ...labels, onUnmounted: wake });
  const plugins = [
    emptyDirPlugin(options, memoryVolumes),
    hostPathPlugin,
    imagePlugin,
    nfsPlugin({ roots: options }),
    flexVolumePlugin({ roots: options, objects, pluginDir: options.volumePluginDir }),
    ...[configMapVolumes, secretVolumes, downwardApiVolumes(capacity), projectedVolumes(capacity)].map(
      (kind) => filesPlugin(kind, files),
    ),
  ].map((plugin) => labelledPlugin(plugin, labels));
  const iscsiDisks = iscsiPlugin({ volumes: iscsi, objects, ...labels });
  const volumes = new VolumeManager(
    options,
    [
      ...[...plugins, iscsiDisks].map((plugin) => observedPlugin(plugin, metrics.volumes)),
      ...(cluster?.storage.volumePlugins(iscsi) ?? []),
    ],
    events,
  );
  const users = new UserNamespaces(options);
  const handlers = new RuntimeHandlers(runtime, facts.handlers, cluster?.runtimeClasses);
  const sandboxConfigOf = sandboxConfigMaker(options, cgroups, users, events);
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
    handlers,
    options,
    capacity,
    objects,
    serviceVariables: cluster && ((pod) => cluster.services.variables(pod)),
    cgroupNode: readCgroupNode(node),
    maskedPaths: nodeMaskedPaths(),
    isSELinuxEnabled: node.selinux.isEnabled,
    devices,
    claims,
    events,
  });
  const sync = {
    pods,
    crashLoop,
    volumes,
    claims,
    effects: observedEffects(effects, metrics),
    probes: prober,
    events,
    collectGarbage: (status: PodRuntimeStatus) => collectGarbage(status, { runtime, pods, options }),
  };
  const terminate = {
    runtime,
    hookMetrics,
    pods,
    options,
    images,
    crashLoop,
    cgroups,
    volumes,
    claims,
    users,
    events,
  };
  return {
    sync: async (pod, state) => {
      if (state.end === undefined) await cluster?.load(pod);
      const { annotations = {} } = pod.metadata;
      if (state.isNew) metrics.pods.firstRound(Date.parse(annotations['kubernetes.io/config.seen'] ?? ''));
      if (state.end?.by === 'deadline') {
        const { reason = '', message = '' } = endedStatus(state.end) ?? {};
        events.record(aboutPod(pod), 'Normal', reason, message);
      }
      return metrics.pods.round(state.isNew ? 'create' : 'sync', () => syncPod(pod, state, sync));
    },
    terminate: (ending, onStatus) =>
      metrics.pods.round('terminated', () => terminatePod(ending, terminate, onStatus)),
    discard: (status) => discardPod(status, { runtime, pods, options }),
    imageRemoved: (id) => images.removed(id),
    iscsi,
    recordedGracePeriod: (uid) => recordedGracePeriod(runtime, uid),
    statuses,
    served: (uid) => cluster?.pods.status(uid),
    prober,
    deviceHealth: (pod, container) => [
      ...devices.health(pod.metadata.uid, container.name),
      ...claims.health(pod, container),
    ],
    records: {
      load: (uid) => loadPodRecord(options, uid),
      save: (uid, record) => savePodRecord(options, uid, record),
    },
    runtimeName,
    handlers,
    options,
  };
}
