// The flags of the real kubelet that have no effect in this one yet; see unsupported-settings.ts for the fields
// of the configuration file.
import { parseDuration } from '../api/duration.ts';
import { ignoredSettings, isWithoutEffect, unsupportedSettings } from './unsupported-settings.ts';

/**
 * Flags of the real kubelet that have no effect here, with the values that are accepted. The name of a configuration
 * field stands for the values of that field.
 */
export const unsupportedFlags: Readonly<Record<string, readonly string[] | { field: string }>> = {
  'cpu-manager-policy': { field: 'cpuManagerPolicy' },
  'cpu-manager-policy-options': [],
  'cpu-manager-reconcile-period': { field: 'cpuManagerReconcilePeriod' },
  'exit-on-lock-contention': ['false'],
  'experimental-allocatable-ignore-eviction': ['false'],
  'experimental-mounter-path': [],
  'feature-gates': [],
  'housekeeping-interval': ['10s'],
  'kube-reserved-cgroup': [],
  'kernel-memcg-notification': ['false'],
  'kubelet-cgroups': [],
  'lock-file': [],
  'maximum-dead-containers': ['-1'],
  'maximum-dead-containers-per-container': ['1'],
  'memory-manager-policy': { field: 'memoryManagerPolicy' },
  'minimum-container-ttl-duration': ['0s'],
  'qos-reserved': [],
  'reserved-cpus': [],
  'reserved-memory': [],
  runonce: ['false'],
  'runtime-cgroups': [],
  'system-cgroups': [],
  'system-reserved-cgroup': [],
  'topology-manager-policy': { field: 'topologyManagerPolicy' },
  'topology-manager-policy-options': [],
  'topology-manager-scope': { field: 'topologyManagerScope' },
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

/** Flags that take any value, which the log says has no effect, and why. */
const ignoredFlags: Readonly<Record<string, string>> = {
  ...obsoleteFlags,
  'feature-gates': ignoredSettings.featureGates,
  'kernel-memcg-notification': ignoredSettings.kernelMemcgNotification,
  'kubelet-cgroups': ignoredSettings.kubeletCgroups,
  'runtime-cgroups': 'usage is measured by the cgroups in which the processes are',
  'system-cgroups': ignoredSettings.systemCgroups,
};

/** Why any value of a flag is accepted and has no effect; undefined for the other flags. */
export function whyIgnored(name: string): string | undefined {
  return ignoredFlags[name];
}

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
