// Where our node is different from the real one on purpose. `npm run compare:cluster` fails for a difference that is not
// here, and for an entry that nothing differs by any more.
import type { Difference } from '../compare-kubelet/difference.ts';

/** Lives of pods, whichever. */
const lives = ['*'];

const ofPods: readonly Difference[] = [
  {
    reason: 'berthd names images by their digest in a registry, containerd by that of their configuration.',
    cases: lives,
    paths: ['*.imageID'],
  },
  {
    reason:
      'On cgroup v1 the real kubelet takes the most that the kernel can count for a limit of the pod; ours sees that there is none.',
    cases: lives,
    paths: ['*status.resources.limits*', '*status.f:resources.f:limits*', '*status.f:resources..'],
  },
  {
    isTimed: true,
    reason:
      'Ours tells a state as soon as it sees it, the real kubelet at its next look, by when a short one is over.',
    cases: lives,
    paths: ['states', 'states (order)', 'requests.patch pods/status 200'],
  },
  {
    isTimed: true,
    reason: 'The real kubelet repeats these while it retries; ours waits for news, and tells them once.',
    cases: lives,
    paths: ['events.fields.Normal DeadlineExceeded*.count', 'events.fields.Warning Failed*.count'],
  },
  {
    isTimed: true,
    reason: 'Ours looks for images while it makes volumes, once more when these have failed.',
    cases: ['cluster: a volume of a ConfigMap that comes late'],
    paths: ['events.fields.Normal Pulled*.count'],
  },
  {
    isTimed: true,
    reason: 'Containers that end at the same time have no order.',
    cases: lives,
    paths: ['events.lines (order)'],
  },
];

const ofNodes: readonly Difference[] = [
  {
    reason: 'berthd knows an imported image by its digest too, and counts what it has unpacked.',
    cases: ['node: object'],
    paths: ['status.images[*].names', 'status.images[*].sizeBytes'],
  },
  {
    reason: 'berthd has user namespaces, and both crun and runc; containerd 2.4 with runc 1.1 has neither.',
    cases: ['node: object'],
    paths: ['status.runtimeHandlers[*'],
  },
  {
    reason: 'Each node has its own runtime, version and port.',
    cases: ['node: object'],
    paths: [
      'status.daemonEndpoints.kubeletEndpoint.Port',
      'status.nodeInfo.containerRuntimeVersion',
      'status.nodeInfo.kubeletVersion',
    ],
  },
  {
    reason: 'Ours has the options of bind mounts without their alpha gate, and says so.',
    cases: ['node: object'],
    paths: ['status.declaredFeatures', '*f:declaredFeatures*'],
  },
  {
    isTimed: true,
    reason:
      'The real kubelet asks for the size of the image file system before its statistics are there; ours asks later.',
    cases: ['node: events'],
    paths: ['told'],
  },
];

const ofMetrics: readonly Difference[] = [
  {
    reason:
      'Families of Go, of client-go, and of libraries of the API server that are linked into the real kubelet.',
    cases: ['metrics: /metrics'],
    paths: [
      'go_*',
      'workqueue_*',
      'aggregator_*',
      'apiserver_*',
      'cardinality_enforcement_*',
      'disabled_metrics_total',
      'hidden_metrics_total',
      'registered_metrics_total',
      'kubernetes_feature_enabled',
      'rest_client_exec_plugin_*',
      'rest_client_rate_limiter_*',
      'rest_client_request_size_bytes',
      'rest_client_response_size_bytes',
      'rest_client_transport_*',
    ],
  },
  { reason: 'Families of Node.js.', cases: ['metrics: /metrics'], paths: ['nodejs_*'] },
  {
    reason: 'Families of managers that ours does not have yet: CPUs, memory, topology, memory QoS, shutdown.',
    cases: ['metrics: /metrics'],
    paths: [
      'kubelet_cpu_manager_*',
      'kubelet_memory_manager_*',
      'kubelet_topology_manager_*',
      'kubelet_memory_qos_*',
      'kubelet_graceful_shutdown_*',
    ],
  },
  {
    reason: 'Volumes and records of pulls are on disk alone in ours, and found there after a start.',
    cases: ['metrics: /metrics'],
    paths: ['reconstruct_volume_*', 'force_cleaned_failed_volume_*', 'kubelet_imagemanager_inmemory_*'],
  },
  {
    reason: 'About those who watch the API of pods, which ours does not have; and what cannot be in ours.',
    cases: ['metrics: /metrics'],
    paths: [
      'kubelet_pod_watch_events_dropped_total',
      'kubelet_pleg_discard_events',
      'kubelet_orphan_pod_cleaned_volumes_errors',
      'kubelet_first_network_pod_start_sli_duration_seconds',
    ],
  },
  {
    isTimed: true,
    reason:
      'Series that appear with what they count: failed calls of the runtime, volumes measured once a minute.',
    cases: ['metrics: /metrics'],
    paths: [
      'kubelet_runtime_operations_errors_total',
      'kubelet_volume_metric_collection_duration_seconds',
      'kubelet_metrics_provider',
    ],
  },
  {
    reason: 'About non-volatile memory, which the real kubelet has no library for: always 0.',
    cases: ['metrics: /metrics/cadvisor'],
    paths: ['machine_nvm_*'],
  },
];

export const differences: readonly Difference[] = [...ofPods, ...ofNodes, ...ofMetrics];
