// Where ours is different from the real kubelet on purpose. `npm run compare:kubelet` fails for a difference that is not
// here, and for an entry that nothing differs by any more.
import type { FieldDifference } from './comparison.ts';

export interface Difference {
  /** Names of cases or requests; `*` stands for any text. */
  readonly cases: readonly string[];
  /** Fields; `*` stands for any text. */
  readonly paths: readonly string[];
  /** Only where ours is on this runtime. */
  readonly column?: 'ours' | 'ours-on-containerd';
  /** One sentence: why ours does something else. */
  readonly reason: string;
}

/** Pure: whether an entry is about this field of this case. */
export function covers({ cases, paths }: Difference, { name, path }: FieldDifference): boolean {
  return cases.some((pattern) => matches(pattern, name)) && paths.some((pattern) => matches(pattern, path));
}

function matches(pattern: string, text: string): boolean {
  const literal = pattern.split('*').map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${literal.join('[\\s\\S]*')}$`).test(text);
}

/** Cases in the network of the host. */
const hostNetwork = [
  'names: host aliases in the network of the host',
  'dns: ClusterFirst in the network of the host',
  'dns: ClusterFirstWithHostNet',
  'namespaces: the network of the host',
  'namespaces: a pod without a network of its own that ends',
];

export const differences: readonly Difference[] = [
  {
    reason:
      'Without an API server the real kubelet does not know the addresses of its node; ours tells them.',
    cases: ['*'],
    paths: ['*status.hostIP', '*status.hostIPs'],
  },
  {
    reason: 'The same, for pods whose address is that of the node.',
    cases: hostNetwork,
    paths: ['*status.podIP', '*status.podIPs', '*status.podIPs[*'],
  },
  {
    reason:
      'What containers may write to outside of their volumes is on a tmpfs of a bounded size without programs and devices (SECURITY.md).',
    cases: ['*'],
    paths: [
      '*.request.mounts[*].mount_options',
      '*.facts.mounts./etc/hosts',
      '*.facts.mounts./dev/termination-log',
      '*files.containers/*/N',
      '*files.etc-hosts',
    ],
  },
  {
    reason: 'Only root reads the folders of pods (SECURITY.md); ours makes them when something is in them.',
    cases: ['*'],
    paths: [
      '*files..',
      '*files.containers*',
      '*files.plugins*',
      '*files.volumes',
      '*files.volumes/kubernetes.io~*',
      '*files.volume-subpaths*',
    ],
  },
  {
    reason: 'Statuses and results of probes survive a restart of ours, which has no API server to ask.',
    cases: ['*'],
    paths: ['*files.status.json', '*files.probe-results.json'],
  },
  {
    reason:
      'The real kubelet takes up the next version of a static pod at its next resync; ours when the old one is gone.',
    cases: ['containers: another manifest instead'],
    paths: ['marks.gaps[*'],
  },
  {
    reason:
      'The status has a signal with the alpha gate ContainerStopSignals only, which the real one needs here.',
    cases: ['*'],
    paths: ['*.stopSignal'],
  },
  {
    reason:
      'Without an API server the real kubelet forgets at its restart which volumes a status had; ours computes them.',
    cases: ['*'],
    paths: ['restarted.status.*ontainerStatuses[*].volumeMounts'],
  },
  {
    reason: 'Each kubelet keeps its own state in files of its own.',
    cases: ['node: facts'],
    paths: ['node.rootDir.*'],
  },
  {
    reason:
      'Projected volumes of the downward API need a client of an API server in the real kubelet; ours makes them.',
    cases: ['volumes: projected downwardAPI', 'volumes: projected for a user'],
    paths: ['*'],
  },
  {
    reason:
      'Ours says in the status why a volume cannot be mounted, where events have no API server to go to.',
    cases: ['volumes: hostPath that is no *', 'volumes: emptyDir of huge pages, and none asked for'],
    paths: ['*.state.waiting.message'],
  },
  {
    reason:
      'Families of Go, of client-go, and of libraries of the API server that are linked into the real kubelet.',
    cases: ['request: * GET /metrics'],
    paths: [
      'body.go_*',
      'body.workqueue_*',
      'body.aggregator_*',
      'body.apiserver_*',
      'body.cardinality_enforcement_*',
      'body.disabled_metrics_total',
      'body.hidden_metrics_total',
      'body.registered_metrics_total',
      'body.kubernetes_feature_enabled',
    ],
  },
  {
    reason: 'Families of Node.js.',
    cases: ['request: * GET /metrics'],
    paths: ['body.nodejs_*'],
  },
  {
    reason:
      'Families of managers that ours does not have yet: CPUs, memory, topology, dynamic resources, memory QoS, shutdown, registration.',
    cases: ['request: * GET /metrics'],
    paths: [
      'body.dra_*',
      'body.kubelet_cpu_manager_*',
      'body.kubelet_memory_manager_*',
      'body.kubelet_topology_manager_*',
      'body.kubelet_memory_qos_*',
      'body.kubelet_graceful_shutdown_*',
      'body.kubelet_node_startup_*',
      'body.kubelet_pod_status_sync_duration_seconds',
    ],
  },
  {
    reason:
      'Volumes and records of pulls are on disk alone in ours, and found there: nothing is made again in memory after a start.',
    cases: ['request: * GET /metrics'],
    paths: [
      'body.reconstruct_volume_*',
      'body.force_cleaned_failed_volume_*',
      'body.kubelet_imagemanager_inmemory_*',
    ],
  },
  {
    reason:
      'About pods of an API server: ones of its first network, ones that it resizes; and about those who watch the API of pods, which ours does not have.',
    cases: ['request: * GET /metrics'],
    paths: [
      'body.kubelet_first_network_pod_start_sli_duration_seconds',
      'body.kubelet_pod_in_progress_resizes',
      'body.kubelet_pod_watch_events_dropped_total',
    ],
  },
  {
    reason: 'What cannot be in ours: events of the runtime that are lost, a leftover pod whose volumes stay.',
    cases: ['request: * GET /metrics'],
    paths: ['body.kubelet_pleg_discard_events', 'body.kubelet_orphan_pod_cleaned_volumes_errors'],
  },
  {
    reason:
      'The real kubelet measures volumes once a minute, at first when there are no pods yet; ours measures them when asked.',
    cases: ['request: * GET /metrics', 'request: * GET /stats/summary'],
    paths: ['body.kubelet_volume_metric_collection_duration_seconds', 'body..pods[].volume[].*'],
  },
  {
    reason: 'About non-volatile memory, which the real kubelet has no library for: always 0.',
    cases: ['request: * GET /metrics/cadvisor'],
    paths: ['body.machine_nvm_*'],
  },
  {
    reason: 'Ours has no device plugins.',
    cases: ['request: * GET /healthz?verbose'],
    paths: ['body'],
  },
  {
    reason: 'What the real kubelet can only be given here, or sets for itself.',
    cases: ['request: secure GET /configz'],
    paths: ['body.kubeletconfig.featureGates', 'body.kubeletconfig.oomScoreAdj'],
  },
  {
    reason:
      'ConfigMaps and Secrets of manifests serve pods of ours; the real kubelet refuses such static pods.',
    cases: ['admission: a volume of an API object'],
    paths: ['pod'],
  },
  {
    reason:
      'Ours runs ephemeral containers of manifests, which the real kubelet takes from an API server only.',
    cases: ['admission: ephemeral containers'],
    paths: ['pod'],
  },
  {
    column: 'ours',
    reason: 'berthd names images by their digest in a registry, containerd by that of their configuration.',
    cases: ['*'],
    paths: ['*.imageID'],
  },
  {
    column: 'ours',
    reason: 'berthd makes logs that only root reads, containerd such that the group does.',
    cases: ['*'],
    paths: ['*logs.folder.*'],
  },
  {
    column: 'ours',
    reason: 'containerd applies no limits of huge pages to containers unless configured to; berthd does.',
    cases: ['*'],
    paths: ['*.cgroup.hugetlb.*'],
  },
  {
    column: 'ours',
    reason: 'The files that runtimes mount are on file systems of their own choice.',
    cases: ['*'],
    paths: ['*.facts.mounts./etc/hostname', '*.facts.mounts./etc/resolv.conf', '*.facts.mounts./dev/shm'],
  },
  {
    column: 'ours',
    reason:
      'berthd, as CRI-O, finds at CreateContainer that there is no such command, containerd at StartContainer.',
    cases: ['containers: a command that is not there*', 'sidecars: one that never starts'],
    paths: ['*'],
  },
  {
    column: 'ours',
    reason: 'Errors of pulls are in the words of the runtime.',
    cases: ['containers: an image that cannot be pulled'],
    paths: ['*.state.waiting.message'],
  },
  {
    column: 'ours',
    reason:
      'berthd, as CRI-O, writes what a container prints at once, in parts; containerd waits for the end of a line.',
    cases: ['server: target', 'env: in a command', 'request: secure GET /containerLogs/*'],
    paths: ['*.log', 'body', 'body (order)'],
  },
  {
    column: 'ours',
    reason:
      'containerd 2.4 with runc 1.1 has neither recursively read-only mounts nor user namespaces, berthd has both.',
    cases: ['volumes: recursively read only*', 'namespaces: users of its own*', 'security: procMount'],
    paths: ['*'],
  },
  {
    column: 'ours',
    reason:
      'The real kubelet rejects, and counts, a pod for what containerd 2.4 cannot do and berthd can: options of a bind mount.',
    cases: ['volumes: options of the bind mount', 'request: * GET /metrics'],
    paths: ['settled.*', 'restarted*', 'sameContainers', 'marks*', 'body.kubelet_admission_rejections_total'],
  },
  {
    column: 'ours',
    reason: 'berthd says why it refuses a subprotocol, containerd refuses without a word.',
    cases: ['request: * (WebSocket, v9.channel.k8s.io)'],
    paths: ['headers.content-type'],
  },
  {
    column: 'ours',
    reason: 'Errors of containers are in the words of the runtime.',
    cases: ['volumes: mount propagation', 'security: seccomp: a file that is not there'],
    paths: ['*.state.waiting.message'],
  },
  {
    column: 'ours',
    reason: 'berthd mounts the layer of an image that has one alone, containerd an overlay of it.',
    cases: ['volumes: image', 'volumes: image, a sub path'],
    paths: ['*.facts.mounts.*'],
  },
  {
    reason: 'Ours says what is wrong with the path, which the real kubelet tells its log alone.',
    cases: ['volumes: sub path that leaves the volume by a link'],
    paths: ['*.state.waiting.message'],
  },
  {
    column: 'ours',
    reason: 'Each side has a runtime of its own.',
    cases: ['request: secure GET /configz'],
    paths: ['body.kubeletconfig.containerRuntimeEndpoint', 'body.kubeletconfig.imageServiceEndpoint'],
  },
  {
    column: 'ours',
    reason:
      'containerd adds this to the request that it tells of; berthd sets it as well, as containers see.',
    cases: ['security: sysctls*'],
    paths: ['*.sysctls.net.ipv4.ping_group_range'],
  },
  {
    column: 'ours',
    reason: 'containerd puts the folder of an image in place of its name in the request that it tells of.',
    cases: ['volumes: image', 'volumes: image, a sub path'],
    paths: ['*.request.mounts[*].host_path', '*.request.mounts[*].image.image_ref'],
  },
  {
    column: 'ours',
    reason: 'Groups have no order; runtimes tell them in one of their own.',
    cases: ['security: a user and groups of the pod'],
    paths: ['*.user.linux.supplementalGroups[*'],
  },
  {
    reason:
      'The real kubelet, started again without an API server, calls a container ready whose startup probe goes on.',
    cases: ['probes: startup goes on'],
    paths: ['restarted.status.*'],
  },
];
