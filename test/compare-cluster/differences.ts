// Where our node is different from the real one on purpose. `npm run compare:cluster` fails for a difference that is not
// here, and for an entry that nothing differs by any more.
import type { Difference } from '../compare-kubelet/difference.ts';

/** Lives of pods, whichever. */
const lives = ['*'];

const ofPods: readonly Difference[] = [
  {
    reason:
      'The real kubelet reads limits of a pod from its cgroup: where there is none, version 1 has the most that the kernel can count.',
    cases: lives,
    paths: ['*status.resources.limits*', '*status.f:resources.f:limits*', '*status.f:resources..'],
  },
  {
    reason:
      'When the cgroup is gone, so are the resources that the real kubelet tells; ours tells what was allocated.',
    cases: lives,
    paths: ['last.status.resources.requests*', 'last.*.f:status.f:resources.f:requests*'],
  },
  {
    isTimed: true,
    reason: 'Both of these: without requests, which are gone, the real kubelet has those limits alone.',
    cases: ['resources: resize policies'],
    paths: ['last.status.resources'],
  },
  {
    isTimed: true,
    reason:
      'Ours tells a state as soon as it sees it, the real kubelet at its next look, by when a short one is over.',
    cases: lives,
    paths: ['states', 'states (order)', 'requests.patch pods/status *'],
  },
  {
    isTimed: true,
    reason: 'The real kubelet repeats these while it retries; ours waits for news, and tells them once.',
    cases: lives,
    paths: [
      'events.fields.Normal DeadlineExceeded*.count',
      'events.fields.Normal Pull*.count',
      'events.fields.Warning *Image*.count',
      'events.fields.Warning Failed*.count',
      'events.fields.Warning InspectFailed*.count',
    ],
  },
  {
    isTimed: true,
    reason: 'Ours looks for images while it makes volumes, also for a pod whose volumes fail.',
    cases: ['cluster: a volume of a ConfigMap that comes late', 'volumes: *'],
    paths: ['events.lines', 'events.fields.Normal Pulled*', 'events.fields.Warning FailedMount*not found'],
  },
  {
    reason: 'Ours says in the status, too, why the volumes of a pod cannot be made.',
    cases: ['volumes: *'],
    paths: ['*.state.waiting.message', '*f:waiting.f:message'],
  },
  {
    reason: 'Ours says what is wrong with the path, which the real kubelet tells its log alone.',
    cases: ['volumes: sub path that leaves the volume by a link'],
    paths: ['events.fields.Warning Failed*'],
  },
  {
    isTimed: true,
    reason: 'Containers that end at the same time have no order.',
    cases: lives,
    paths: ['events.lines (order)'],
  },
  {
    isTimed: true,
    reason: 'An event of a pod that is gone at once may come too late to be seen.',
    cases: ['cluster: deleted by force', 'stops: a grace period of 0'],
    paths: ['events.lines', 'events.fields.Normal Killing*'],
  },
  {
    isTimed: true,
    reason:
      'The real kubelet tells that a resize is completed before it has begun, with the resources of before.',
    cases: ['cluster: resized'],
    paths: ['events.lines', 'events.fields.Normal ResizeCompleted*'],
  },
  {
    isTimed: true,
    reason: 'How much of the node other lives use depends on the moment.',
    cases: ['cluster: more than the node has'],
    paths: ['*status.message', 'events.lines', 'events.fields*'],
  },
  {
    isTimed: true,
    reason: 'A shell that is killed at its start may not have set its trap.',
    cases: ['hooks: postStart *'],
    paths: ['*.state.terminated.exitCode'],
  },
  {
    isTimed: true,
    reason: 'Ours tells how a static pod has ended before its mirror pod goes.',
    cases: ['cluster: a static pod'],
    paths: ['last.*', 'requests.delete pods 404'],
  },
  {
    isTimed: true,
    reason:
      'The real kubelet looks at an older status, in which no init container has ended, for what was never started.',
    cases: ['init containers: one goes on'],
    paths: ['last.status.containerStatuses[0].state'],
  },
];

const ofProbes: readonly Difference[] = [
  {
    isTimed: true,
    reason:
      'Whether a probe meets a container before its server is there, or after it is gone, is a matter of time.',
    cases: ['probes: messages'],
    paths: [
      '*connection refused',
      '*connection reset by peer',
      '*EOF',
      '* is not running',
      '* timed out after *',
      "*can't open '/tmp/*",
      '*probe failed: ',
    ],
  },
];

const ofNodes: readonly Difference[] = [
  {
    reason: 'Each kubelet has its own version and port.',
    cases: ['node: object'],
    paths: ['status.daemonEndpoints.kubeletEndpoint.Port', 'status.nodeInfo.kubeletVersion'],
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
    reason: 'Families of managers that ours does not have yet: CPUs, memory, topology, memory QoS.',
    cases: ['metrics: /metrics'],
    paths: [
      'kubelet_cpu_manager_*',
      'kubelet_memory_manager_*',
      'kubelet_topology_manager_*',
      'kubelet_memory_qos_*',
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
    isTimed: true,
    reason:
      'The real kubelet counts the start of a pod when a watch shows it after the answer to its own write, which mostly comes later.',
    cases: ['metrics: /metrics'],
    paths: ['kubelet_pod_start_sli_duration_seconds', 'kubelet_pod_start_total_duration_seconds'],
  },
  {
    reason: 'About non-volatile memory, which the real kubelet has no library for: always 0.',
    cases: ['metrics: /metrics/cadvisor'],
    paths: ['machine_nvm_*'],
  },
];

export const differences: readonly Difference[] = [...ofPods, ...ofProbes, ...ofNodes, ...ofMetrics];
