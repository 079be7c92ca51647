// The flags of the real kubelet that have no effect in this one yet; see unsupported-settings.ts for the fields
// of the configuration file.
import { parseDuration } from '../api/duration.ts';
import { forApiServer, isWithoutEffect, unsupportedSettings } from './unsupported-settings.ts';

/**
 * Flags of the real kubelet that have no effect here, with the values that are accepted. The name of a configuration
 * field stands for the values of that field.
 */
export const unsupportedFlags: Readonly<Record<string, readonly string[] | { field: string }>> = {
  'authentication-token-webhook-cache-ttl': { field: 'authentication.webhook.cacheTTL' },
  'authorization-webhook-cache-authorized-ttl': { field: 'authorization.webhook.cacheAuthorizedTTL' },
  'authorization-webhook-cache-unauthorized-ttl': { field: 'authorization.webhook.cacheUnauthorizedTTL' },
  'bootstrap-kubeconfig': [],
  'cloud-provider': [],
  'config-dir': [],
  'container-log-max-files': { field: 'containerLogMaxFiles' },
  'container-log-max-size': { field: 'containerLogMaxSize' },
  'contention-profiling': ['false'],
  'cpu-manager-policy': { field: 'cpuManagerPolicy' },
  'cpu-manager-policy-options': [],
  'cpu-manager-reconcile-period': { field: 'cpuManagerReconcilePeriod' },
  'enable-controller-attach-detach': ['true', 'false'],
  'event-burst': { field: 'eventBurst' },
  'event-qps': { field: 'eventRecordQPS' },
  'eviction-max-pod-grace-period': ['0'],
  'eviction-minimum-reclaim': [],
  'eviction-pressure-transition-period': { field: 'evictionPressureTransitionPeriod' },
  'eviction-soft': [],
  'eviction-soft-grace-period': [],
  'exit-on-lock-contention': ['false'],
  'experimental-allocatable-ignore-eviction': ['false'],
  'experimental-mounter-path': [],
  'feature-gates': [],
  'hairpin-mode': { field: 'hairpinMode' },
  'housekeeping-interval': ['10s'],
  'image-credential-provider-bin-dir': [],
  'image-credential-provider-config': [],
  'image-gc-high-threshold': { field: 'imageGCHighThresholdPercent' },
  'image-gc-low-threshold': { field: 'imageGCLowThresholdPercent' },
  'kernel-memcg-notification': ['false'],
  'kube-api-burst': { field: 'kubeAPIBurst' },
  'kube-api-content-type': { field: 'contentType' },
  'kube-api-qps': { field: 'kubeAPIQPS' },
  'kube-reserved-cgroup': [],
  kubeconfig: [],
  'kubelet-cgroups': [],
  'local-storage-capacity-isolation': ['true', 'false'],
  'lock-file': [],
  'log-flush-frequency': { field: 'logging.flushFrequency' },
  'log-json-info-buffer-size': ['0'],
  'log-json-split-stream': ['false'],
  'log-text-info-buffer-size': ['0'],
  'log-text-split-stream': ['false'],
  'logging-format': ['text'],
  'make-iptables-util-chains': ['true', 'false'],
  'max-open-files': { field: 'maxOpenFiles' },
  'maximum-dead-containers': ['-1'],
  'maximum-dead-containers-per-container': ['1'],
  'memory-manager-policy': { field: 'memoryManagerPolicy' },
  'minimum-container-ttl-duration': ['0s'],
  'minimum-image-ttl-duration': { field: 'imageMinimumGCAge' },
  'node-labels': [],
  'node-status-max-images': { field: 'nodeStatusMaxImages' },
  'node-status-update-frequency': { field: 'nodeStatusUpdateFrequency' },
  'oom-score-adj': { field: 'oomScoreAdj' },
  'pod-cidr': [],
  'pods-per-core': ['0'],
  'protect-kernel-defaults': ['false'],
  'provider-id': [],
  'qos-reserved': [],
  'register-node': ['true', 'false'],
  'register-with-taints': [],
  'registry-burst': { field: 'registryBurst' },
  'registry-qps': { field: 'registryPullQPS' },
  'reserved-cpus': [],
  'reserved-memory': [],
  'rotate-certificates': ['false'],
  'rotate-server-certificates': ['false'],
  runonce: ['false'],
  'runtime-cgroups': [],
  'system-cgroups': [],
  'system-reserved-cgroup': [],
  'topology-manager-policy': { field: 'topologyManagerPolicy' },
  'topology-manager-policy-options': [],
  'topology-manager-scope': { field: 'topologyManagerScope' },
  vmodule: [],
  'volume-plugin-dir': { field: 'volumePluginDir' },
  'volume-stats-agg-period': { field: 'volumeStatsAggPeriod' },
};

/** What an unsupported flag is as long as nobody sets it. */
export function defaultOfUnsupported(name: string): string {
  const accepted = unsupportedFlags[name] ?? [];
  const [first = ''] = 'field' in accepted ? (unsupportedSettings[accepted.field] ?? []) : accepted;
  return Array.isArray(first) ? `[${first.join(' ')}]` : String(first);
}

/** Boolean flags among the unsupported ones: they may have no value. */
export const unsupportedSwitches: ReadonlySet<string> = new Set(
  Object.entries(unsupportedFlags)
    .filter(([, values]) => Array.isArray(values) && (values.includes('false') || values.includes('true')))
    .map(([name]) => name),
);

/** Flags of older deployments that only configured the garbage collection of images. */
export const obsoleteFlags: Readonly<Record<string, string>> = {
  'pod-infra-container-image': 'the sandbox image is up to the container runtime',
};

/** Flags that have an effect only with an API server; forApiServer lists such fields. */
export const flagsForApiServer: ReadonlySet<string> = new Set([
  'pod-cidr',
  'provider-id',
  'register-node',
  'register-with-taints',
  'rotate-certificates',
  'rotate-server-certificates',
  ...Object.entries(unsupportedFlags).flatMap(([name, values]) =>
    'field' in values && forApiServer.has(values.field) ? [name] : [],
  ),
]);

/** Whether this value of an unsupported flag matches this kubelet's behaviour. */
export function asksForNothing(name: string, value: string): boolean {
  const accepted = unsupportedFlags[name] ?? [];
  if (!('field' in accepted)) return value === '' || accepted.includes(value);
  if (isWithoutEffect(accepted.field, value) || isWithoutEffect(accepted.field, Number(value))) return true;
  return isWithoutEffect(accepted.field, canonicalDuration(value));
}

/** Normalizes a duration to the spelling of the table of fields: "120s" is "2m". */
function canonicalDuration(value: string): string {
  try {
    const ms = parseDuration(value);
    if (ms % 3_600_000 === 0) return `${ms / 3_600_000}h`;
    if (ms % 60_000 === 0) return `${ms / 60_000}m`;
    return `${ms / 1000}s`;
  } catch {
    return value;
  }
}
