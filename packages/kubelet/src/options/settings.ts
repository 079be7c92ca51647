// The fields of KubeletConfiguration v1beta1 that take effect in this kubelet. A configuration file and the
// command line both fill them; see unsupported-settings.ts for the fields that are refused.
import { isIP } from 'node:net';
import { type CgroupDriverName, cgroupDrivers } from '@berth/linux/cgroups/driver.ts';
import type { Taint } from 'kubernetes-types/core/v1.d.ts';
import { type ImageVerification, verificationPolicies } from '../images/verification/policy.ts';
import { type ChangeDetection, changeDetections } from '../objects/change-detection.ts';
import {
  bool,
  choice,
  duration,
  type Field,
  fraction,
  headers,
  integer,
  integers,
  ipAddress,
  list,
  oneOrNone,
  quantities,
  quantity,
  taints,
  text,
} from './field-kinds.ts';
import { defaultLoggingSettings, type LoggingSettings, loggingFields } from './logging-settings.ts';
import { defaultPressureSettings, type PressureSettings, pressureFields } from './pressure-settings.ts';
import { defaultEvictionHard, reservedProblem, thresholdsProblem } from './reservation-settings.ts';
import { defaultTuningSettings, type TuningSettings, tuningFields } from './tuning-settings.ts';

/** Values of authorization.mode. */
const authorizationModes = ['AlwaysAllow', 'Webhook'] as const;

/** Values of the supported fields, by their names in KubeletConfiguration; durations in milliseconds. */
export interface Settings extends LoggingSettings, PressureSettings, TuningSettings {
  address: string;
  allowedUnsafeSysctls: string[];
  /** authentication.anonymous.enabled */
  anonymousAuth: boolean;
  /** authorization.webhook.cacheAuthorizedTTL */
  accessAllowedTTL: number;
  /** authorization.webhook.cacheUnauthorizedTTL */
  accessDeniedTTL: number;
  /** authorization.mode */
  authorizationMode: (typeof authorizationModes)[number];
  cgroupDriver: CgroupDriverName;
  cgroupRoot: string;
  cgroupsPerQOS: boolean;
  /** authentication.x509.clientCAFile */
  clientCAFile: string;
  clusterDNS: string[];
  clusterDomain: string;
  configMapAndSecretChangeDetectionStrategy: ChangeDetection;
  containerLogMaxFiles: number;
  containerLogMaxSize: string;
  containerLogMonitorInterval: number;
  containerRuntimeEndpoint: string;
  contentType: string;
  cpuCFSQuota: boolean;
  cpuCFSQuotaPeriod: number;
  enableControllerAttachDetach: boolean;
  enableDebugFlagsHandler: boolean;
  enableDebuggingHandlers: boolean;
  enableProfilingHandler: boolean;
  enableServer: boolean;
  enableSystemLogHandler: boolean;
  enableSystemLogQuery: boolean;
  enforceNodeAllocatable: ('pods' | 'none')[];
  eventBurst: number;
  eventRecordQPS: number;
  evictionHard: Record<string, string>;
  failCgroupV1: boolean;
  failSwapOn: boolean;
  fileCheckFrequency: number;
  healthzBindAddress: string;
  healthzPort: number;
  httpCheckFrequency: number;
  imagePullCredentialsVerificationPolicy: ImageVerification['policy'];
  imageServiceEndpoint: string;
  kubeAPIBurst: number;
  kubeAPIQPS: number;
  kubeReserved: Record<string, string>;
  maxParallelImagePulls: number;
  maxPods: number;
  memoryThrottlingFactor: number;
  mergeDefaultEvictionSettings: boolean;
  nodeLeaseDurationSeconds: number;
  nodeStatusMaxImages: number;
  nodeStatusReportFrequency: number;
  nodeStatusUpdateFrequency: number;
  podCIDR: string;
  podLogsDir: string;
  podPidsLimit: number;
  port: number;
  preloadedImagesVerificationAllowlist: string[];
  providerID: string;
  readOnlyPort: number;
  registerNode: boolean;
  registerWithTaints: Taint[];
  resolvConf: string;
  rotateCertificates: boolean;
  runtimeRequestTimeout: number;
  seccompDefault: boolean;
  serializeImagePulls: boolean;
  serverTLSBootstrap: boolean;
  singleProcessOOMKill: boolean;
  staticPodPath: string;
  staticPodURL: string;
  staticPodURLHeader: Readonly<Record<string, readonly string[]>>;
  streamingConnectionIdleTimeout: number;
  syncFrequency: number;
  tlsCertFile: string;
  tlsCipherSuites: string[];
  /** Numbers of Go's CurveID. */
  tlsCurvePreferences: number[];
  tlsMinVersion: string;
  tlsPrivateKeyFile: string;
  /** authentication.webhook.cacheTTL */
  webhookCacheTTL: number;
  /** authentication.webhook.enabled */
  webhookAuth: boolean;
  systemReserved: Record<string, string>;
  /** crashLoopBackOff.maxContainerRestartPeriod */
  maxContainerRestartPeriod: number;
  /** memorySwap.swapBehavior */
  swapBehavior: 'NoSwap' | 'LimitedSwap';
  /** userNamespaces.idsPerPod */
  userNamespacesIdsPerPod: number;
  /** logging.verbosity, and the flag -v */
  verbosity: number;
  volumePluginDir: string;
}

/** The parsers of each field. */
export const fields: { readonly [K in keyof Settings]: Field<Settings[K]> } = {
  ...loggingFields,
  ...pressureFields,
  ...tuningFields,
  accessAllowedTTL: duration(0),
  accessDeniedTTL: duration(0),
  address: ipAddress(),
  allowedUnsafeSysctls: list(),
  anonymousAuth: bool(),
  authorizationMode: choice(...authorizationModes),
  cgroupDriver: choice(...cgroupDrivers),
  cgroupRoot: text(),
  cgroupsPerQOS: bool(),
  clientCAFile: text(),
  clusterDNS: list((entry) => isIP(entry) > 0, 'an IP address'),
  clusterDomain: text(),
  configMapAndSecretChangeDetectionStrategy: choice(...changeDetections),
  containerLogMaxFiles: integer(2, 2 ** 31 - 1),
  containerLogMaxSize: quantity(),
  containerLogMonitorInterval: duration(3000),
  containerRuntimeEndpoint: text(),
  contentType: text(),
  cpuCFSQuota: bool(),
  cpuCFSQuotaPeriod: duration(1, 1000),
  enableControllerAttachDetach: bool(),
  enableDebugFlagsHandler: bool(),
  enableDebuggingHandlers: bool(),
  enableProfilingHandler: bool(),
  enableServer: bool(),
  enableSystemLogHandler: bool(),
  enableSystemLogQuery: bool(),
  enforceNodeAllocatable: oneOrNone('pods'),
  eventBurst: integer(0, 2 ** 31 - 1),
  eventRecordQPS: integer(0, 2 ** 31 - 1),
  evictionHard: quantities('<', thresholdsProblem),
  failCgroupV1: bool(),
  failSwapOn: bool(),
  fileCheckFrequency: duration(1),
  healthzBindAddress: ipAddress(),
  healthzPort: integer(0, 65_535),
  httpCheckFrequency: duration(1),
  imagePullCredentialsVerificationPolicy: choice(...verificationPolicies),
  imageServiceEndpoint: text(),
  kubeAPIBurst: integer(0, 2 ** 31 - 1),
  kubeAPIQPS: integer(0, 2 ** 31 - 1),
  kubeReserved: quantities('=', reservedProblem),
  maxParallelImagePulls: integer(1, 2 ** 31 - 1),
  maxPods: integer(0, 2 ** 31 - 1),
  memoryThrottlingFactor: fraction(),
  mergeDefaultEvictionSettings: bool(),
  nodeLeaseDurationSeconds: integer(1, 2 ** 31 - 1),
  nodeStatusMaxImages: integer(-1, 2 ** 31 - 1),
  nodeStatusReportFrequency: duration(1),
  nodeStatusUpdateFrequency: duration(1),
  podCIDR: text(),
  podLogsDir: text(),
  podPidsLimit: integer(-1, Number.MAX_SAFE_INTEGER),
  port: integer(0, 65_535),
  preloadedImagesVerificationAllowlist: list(),
  providerID: text(),
  readOnlyPort: integer(0, 65_535),
  registerNode: bool(),
  registerWithTaints: taints(),
  resolvConf: text(),
  rotateCertificates: bool(),
  runtimeRequestTimeout: duration(1),
  seccompDefault: bool(),
  serializeImagePulls: bool(),
  serverTLSBootstrap: bool(),
  singleProcessOOMKill: bool(),
  staticPodPath: text(),
  staticPodURL: text(),
  staticPodURLHeader: headers(),
  streamingConnectionIdleTimeout: duration(1),
  syncFrequency: duration(1),
  tlsCertFile: text(),
  tlsCipherSuites: list(),
  tlsCurvePreferences: integers(),
  tlsMinVersion: text(),
  tlsPrivateKeyFile: text(),
  webhookAuth: bool(),
  webhookCacheTTL: duration(0),
  systemReserved: quantities('=', reservedProblem),
  maxContainerRestartPeriod: duration(1000, 300_000),
  swapBehavior: choice('NoSwap', 'LimitedSwap'),
  userNamespacesIdsPerPod: integer(65_536, 2 ** 32 - 1),
  verbosity: integer(0, 2 ** 31 - 1),
  volumePluginDir: text(),
};

/** Defaults of the fields: the real kubelet's, except for those with a comment. */
export const defaultSettings: Settings = {
  ...defaultLoggingSettings,
  ...defaultPressureSettings,
  ...defaultTuningSettings,
  // Not 0.0.0.0: /pods needs no authentication, and who may use the secure port may run anything as root.
  accessAllowedTTL: 300_000,
  accessDeniedTTL: 30_000,
  address: '127.0.0.1',
  allowedUnsafeSysctls: [],
  // The real kubelet's default is true without a configuration file.
  anonymousAuth: false,
  // The real kubelet's default in a configuration file is Webhook, with which it does not start without an API server.
  authorizationMode: 'AlwaysAllow',
  cgroupDriver: 'cgroupfs',
  cgroupRoot: '',
  cgroupsPerQOS: true,
  clientCAFile: '',
  clusterDNS: [],
  clusterDomain: '',
  configMapAndSecretChangeDetectionStrategy: 'Watch',
  containerLogMaxFiles: 5,
  containerLogMaxSize: '10Mi',
  containerLogMonitorInterval: 10_000,
  containerRuntimeEndpoint: 'unix:///run/containerd/containerd.sock',
  contentType: 'application/vnd.kubernetes.protobuf',
  cpuCFSQuota: true,
  cpuCFSQuotaPeriod: 100,
  enableControllerAttachDetach: true,
  enableDebugFlagsHandler: true,
  enableDebuggingHandlers: true,
  enableProfilingHandler: true,
  enableServer: true,
  enableSystemLogHandler: true,
  enableSystemLogQuery: false,
  enforceNodeAllocatable: ['pods'],
  eventBurst: 100,
  eventRecordQPS: 50,
  evictionHard: { ...defaultEvictionHard },
  // Both cgroup versions work here.
  failCgroupV1: false,
  failSwapOn: true,
  fileCheckFrequency: 20_000,
  healthzBindAddress: '127.0.0.1',
  healthzPort: 10_248,
  httpCheckFrequency: 20_000,
  imagePullCredentialsVerificationPolicy: 'NeverVerifyPreloadedImages',
  imageServiceEndpoint: '',
  kubeAPIBurst: 100,
  kubeAPIQPS: 50,
  kubeReserved: {},
  maxParallelImagePulls: 1,
  maxPods: 110,
  memoryThrottlingFactor: 0.9,
  mergeDefaultEvictionSettings: false,
  nodeLeaseDurationSeconds: 40,
  nodeStatusMaxImages: 50,
  nodeStatusReportFrequency: 300_000,
  nodeStatusUpdateFrequency: 10_000,
  podCIDR: '',
  podLogsDir: '/var/log/pods',
  podPidsLimit: -1,
  port: 10_250,
  preloadedImagesVerificationAllowlist: [],
  providerID: '',
  // The real kubelet's default is 10255 without a configuration file. Off here: every local user could read all pods.
  readOnlyPort: 0,
  registerNode: true,
  registerWithTaints: [],
  resolvConf: '/etc/resolv.conf',
  rotateCertificates: false,
  runtimeRequestTimeout: 120_000,
  seccompDefault: false,
  serializeImagePulls: true,
  serverTLSBootstrap: false,
  singleProcessOOMKill: false,
  staticPodPath: '',
  staticPodURL: '',
  staticPodURLHeader: {},
  streamingConnectionIdleTimeout: 4 * 3_600_000,
  syncFrequency: 60_000,
  tlsCertFile: '',
  tlsCipherSuites: [],
  tlsCurvePreferences: [],
  tlsMinVersion: '',
  tlsPrivateKeyFile: '',
  // As authorizationMode.
  webhookAuth: false,
  webhookCacheTTL: 120_000,
  systemReserved: {},
  maxContainerRestartPeriod: 300_000,
  swapBehavior: 'NoSwap',
  userNamespacesIdsPerPod: 65_536,
  verbosity: 0,
  volumePluginDir: '/usr/libexec/kubernetes/kubelet-plugins/volume/exec/',
};

/** Whether a name is one of the supported fields. */
export function isSetting(name: string): name is keyof Settings {
  return Object.hasOwn(fields, name);
}

/** Sets one field from a configuration file. */
export function setFromValue<K extends keyof Settings>(
  target: Partial<Settings>,
  name: K,
  value: unknown,
): void {
  const read: Field<Settings[K]> = fields[name];
  target[name] = read.fromValue(value);
}

/** Sets one field from the command line. */
export function setFromText<K extends keyof Settings>(
  target: Partial<Settings>,
  name: K,
  value: string,
): void {
  const { fromText }: Field<Settings[K]> = fields[name];
  target[name] = joinedValue(name, target[name], fromText(value));
}

/** Settings of which the later ones count, or add to those before. */
export function joinSettings(before: Partial<Settings>, after: Partial<Settings>): Partial<Settings> {
  const joined = { ...before };
  const join = <K extends keyof Settings>(name: K): void => {
    const value = after[name];
    if (value !== undefined) joined[name] = joinedValue(name, before[name], value);
  };
  Object.keys(after).filter(isSetting).forEach(join);
  return joined;
}

function joinedValue<K extends keyof Settings>(
  name: K,
  before: Settings[K] | undefined,
  value: Settings[K],
): Settings[K] {
  const { join }: Field<Settings[K]> = fields[name];
  return join && before !== undefined ? join(before, value) : value;
}

/** The default of one field, formatted for the command line. */
export function defaultText<K extends keyof Settings>(name: K): string {
  return settingText(defaultSettings, name);
}

/** One field, formatted for the command line. */
export function settingText<K extends keyof Settings>(settings: Settings, name: K): string {
  const { toText }: Field<Settings[K]> = fields[name];
  return toText(settings[name]);
}

/** One field, as in a configuration file in JSON. */
export function settingJson<K extends keyof Settings>(settings: Settings, name: K): unknown {
  const { toJson }: Field<Settings[K]> = fields[name];
  return toJson(settings[name]);
}
