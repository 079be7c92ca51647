// The fields of KubeletConfiguration v1beta1 that have no effect in this kubelet yet. Each accepts the values that
// match this kubelet's behaviour (the first is the real kubelet's default). Other values are refused by name, because
// they would be ignored; a few that change nothing for pods are ignored with a line in the log.
import { isDeepStrictEqual } from 'node:util';

/** Accepted values by dotted path. Empty values ("", 0s, [], {}, null) are always accepted. */
export const unsupportedSettings: Readonly<Record<string, readonly unknown[]>> = {
  containerLogMaxWorkers: [1],
  cpuManagerPolicy: ['none'],
  cpuManagerPolicyOptions: [],
  cpuManagerReconcilePeriod: ['10s'],
  defaultPodSysctls: [],
  featureGates: [],
  kernelMemcgNotification: [false],
  kubeReservedCgroup: [],
  kubeletCgroups: [],
  memoryManagerPolicy: ['None'],
  memoryReservationPolicy: ['None'],
  qosReserved: [],
  reservedMemory: [],
  reservedSystemCPUs: [],
  runOnce: [false],
  showHiddenMetricsForVersion: [],
  systemCgroups: [],
  systemReservedCgroup: [],
  topologyManagerPolicy: ['none'],
  topologyManagerPolicyOptions: [],
  topologyManagerScope: ['container'],
  tracing: [],
};

/** Fields among them that take any value, which the log says has no effect, and why. */
export const ignoredSettings = {
  featureGates: 'every feature is as it is by default in Kubernetes 1.37',
  kernelMemcgNotification: 'memory is looked at every ten seconds, and after an eviction at once',
  kubeletCgroups: 'the kubelet stays in the cgroup in which it was started',
  systemCgroups: 'processes of the system stay in their cgroups',
} satisfies Record<string, string>;

/** Why any value of a field is accepted and has no effect; undefined for the other fields. */
export function reasonToIgnore(path: string): string | undefined {
  return new Map(Object.entries(ignoredSettings)).get(path);
}

/** Whether this value matches this kubelet's behaviour. */
export function isWithoutEffect(path: string, value: unknown): boolean {
  return isEmpty(value) || (unsupportedSettings[path] ?? []).some((entry) => isDeepStrictEqual(entry, value));
}

/** Whether the value is a zero value in Go, which equals an unset field. */
export function isEmpty(value: unknown): boolean {
  if (value === undefined || value === null || value === '' || value === '0s' || value === '0') return true;
  return typeof value === 'object' && Object.keys(value).length === 0;
}
