// Where the answers of our servers are different from those of the real kubelet on purpose.
import type { Difference } from './difference.ts';

export const requestDifferences: readonly Difference[] = [
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
    isTimed: true,
    reason:
      'The real kubelet sets the gauge when it starts to serve, in some runs before it registers it, which loses it.',
    cases: ['request: * GET /metrics'],
    paths: ['body.kubelet_metrics_provider'],
  },
  {
    reason: 'The flag --adopt is ours alone: the real kubelet always ends the pods of another one.',
    cases: ['request: * GET /flagz'],
    paths: ['body'],
  },
  {
    reason: 'Families of Node.js.',
    cases: ['request: * GET /metrics'],
    paths: ['body.nodejs_*'],
  },
  {
    reason:
      'Families of managers that ours does not have yet, or not without an API server: CPUs, memory, topology, memory QoS, shutdown, registration.',
    cases: ['request: * GET /metrics'],
    paths: [
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
    reason: 'About those who watch the API of pods, which ours does not have.',
    cases: ['request: * GET /metrics'],
    paths: ['body.kubelet_pod_watch_events_dropped_total'],
  },
  {
    reason: 'What cannot be in ours: events of the runtime that are lost, a leftover pod whose volumes stay.',
    cases: ['request: * GET /metrics'],
    paths: ['body.kubelet_pleg_discard_events', 'body.kubelet_orphan_pod_cleaned_volumes_errors'],
  },
  {
    isTimed: true,
    reason:
      'The real kubelet measures volumes once a minute, at first when there are no pods yet; ours measures them when asked.',
    cases: ['request: * GET /metrics'],
    paths: ['body.kubelet_volume_metric_collection_duration_seconds'],
  },
  {
    isTimed: true,
    reason:
      'A call of the runtime that failed makes the first of the family: about a container that has just gone, in some runs, on either side.',
    cases: ['request: * GET /metrics'],
    paths: ['body.kubelet_runtime_operations_errors_total'],
  },
  {
    reason: 'About non-volatile memory, which the real kubelet has no library for: always 0.',
    cases: ['request: * GET /metrics/cadvisor'],
    paths: ['body.machine_nvm_*'],
  },
  {
    reason: 'What the real kubelet can only be given here, or sets for itself.',
    cases: ['request: secure GET /configz'],
    paths: ['body.kubeletconfig.featureGates', 'body.kubeletconfig.oomScoreAdj'],
  },
  {
    column: 'ours',
    reason: 'berthd says why it refuses a subprotocol, containerd refuses without a word.',
    cases: ['request: * (WebSocket, v9.channel.k8s.io)'],
    paths: ['headers.content-type'],
  },
  {
    column: 'ours',
    reason: 'Each side has a runtime of its own.',
    cases: ['request: secure GET /configz'],
    paths: ['body.kubeletconfig.containerRuntimeEndpoint', 'body.kubeletconfig.imageServiceEndpoint'],
  },
];
