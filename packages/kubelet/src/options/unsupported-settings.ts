// The fields of KubeletConfiguration v1beta1 that have no effect in this kubelet yet. Each accepts the values that
// match this kubelet's behaviour (the first is the real kubelet's default). Other values are refused by name, because
// they would be ignored.
import { isDeepStrictEqual } from 'node:util';

/** Accepted values by dotted path. Empty values ("", 0s, [], {}, null) are always accepted. */
export const unsupportedSettings: Readonly<Record<string, readonly unknown[]>> = {
  'authentication.webhook.cacheTTL': ['2m0s', '2m'],
  'authorization.webhook.cacheAuthorizedTTL': ['5m0s', '5m'],
  'authorization.webhook.cacheUnauthorizedTTL': ['30s'],
  configMapAndSecretChangeDetectionStrategy: ['Watch'],
  containerLogMaxFiles: [5],
  containerLogMaxSize: ['10Mi'],
  containerLogMaxWorkers: [1],
  containerLogMonitorInterval: ['10s'],
  contentType: ['application/vnd.kubernetes.protobuf'],
  cpuManagerPolicy: ['none'],
  cpuManagerPolicyOptions: [],
  cpuManagerReconcilePeriod: ['10s'],
  defaultPodSysctls: [],
  enableContentionProfiling: [false],
  enableControllerAttachDetach: [true, false],
  eventBurst: [100, 0],
  eventRecordQPS: [50],
  evictionMaxPodGracePeriod: [0],
  evictionMinimumReclaim: [],
  evictionPressureTransitionPeriod: ['5m0s', '5m'],
  evictionSoft: [],
  evictionSoftGracePeriod: [],
  featureGates: [],
  hairpinMode: ['promiscuous-bridge'],
  imageGCHighThresholdPercent: [85, 100],
  imageGCLowThresholdPercent: [80],
  imageMaximumGCAge: [],
  imageMinimumGCAge: ['2m0s', '2m'],
  iptablesDropBit: [15],
  iptablesMasqueradeBit: [14],
  kernelMemcgNotification: [false],
  kubeAPIBurst: [100, 0],
  kubeAPIQPS: [50],
  kubeReservedCgroup: [],
  kubeletCgroups: [],
  localStorageCapacityIsolation: [true, false],
  'logging.flushFrequency': ['5s', 0, 5_000_000_000],
  'logging.format': ['text'],
  'logging.options.json.infoBufferSize': ['0', 0],
  'logging.options.json.splitStream': [false],
  'logging.options.text.infoBufferSize': ['0', 0],
  'logging.options.text.splitStream': [false],
  'logging.vmodule': [],
  makeIPTablesUtilChains: [true, false],
  maxOpenFiles: [1_000_000, 0],
  memoryManagerPolicy: ['None'],
  memoryReservationPolicy: ['None'],
  nodeLeaseDurationSeconds: [40, 0],
  nodeStatusMaxImages: [50],
  nodeStatusReportFrequency: ['5m0s', '5m'],
  nodeStatusUpdateFrequency: ['10s'],
  oomScoreAdj: [-999],
  podCIDR: [],
  podsPerCore: [0],
  protectKernelDefaults: [false],
  providerID: [],
  qosReserved: [],
  registerNode: [true, false],
  registerWithTaints: [],
  registryBurst: [10, 0],
  registryPullQPS: [5],
  reservedMemory: [],
  reservedSystemCPUs: [],
  rotateCertificates: [false],
  runOnce: [false],
  serverTLSBootstrap: [false],
  showHiddenMetricsForVersion: [],
  shutdownGracePeriod: [],
  shutdownGracePeriodByPodPriority: [],
  shutdownGracePeriodCriticalPods: [],
  systemCgroups: [],
  systemReservedCgroup: [],
  topologyManagerPolicy: ['none'],
  topologyManagerPolicyOptions: [],
  topologyManagerScope: ['container'],
  tracing: [],
  volumePluginDir: ['/usr/libexec/kubernetes/kubelet-plugins/volume/exec/'],
  volumeStatsAggPeriod: ['1m0s', '1m'],
};

/**
 * Fields that have an effect only with an API server. On a standalone node the real kubelet ignores them too, so any
 * value is accepted.
 */
export const forApiServer: ReadonlySet<string> = new Set([
  'authentication.webhook.cacheTTL',
  'authorization.webhook.cacheAuthorizedTTL',
  'authorization.webhook.cacheUnauthorizedTTL',
  'configMapAndSecretChangeDetectionStrategy',
  'contentType',
  'eventBurst',
  'eventRecordQPS',
  'kubeAPIBurst',
  'kubeAPIQPS',
  'nodeLeaseDurationSeconds',
  'nodeStatusMaxImages',
  'nodeStatusReportFrequency',
  'nodeStatusUpdateFrequency',
  'podCIDR',
  'providerID',
  'registerNode',
  'registerWithTaints',
  'rotateCertificates',
  'serverTLSBootstrap',
]);

/** Whether this value matches this kubelet's behaviour. */
export function isWithoutEffect(path: string, value: unknown): boolean {
  return isEmpty(value) || (unsupportedSettings[path] ?? []).some((entry) => isDeepStrictEqual(entry, value));
}

/** Whether the value is a zero value in Go, which equals an unset field. */
export function isEmpty(value: unknown): boolean {
  if (value === undefined || value === null || value === '' || value === '0s' || value === '0') return true;
  return typeof value === 'object' && Object.keys(value).length === 0;
}
