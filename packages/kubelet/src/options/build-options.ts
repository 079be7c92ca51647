// Merges defaults, configuration file and command line into KubeletOptions, and refuses hosts that do not satisfy them.

import { existsSync, readFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join, resolve } from 'node:path';
import { messageOf } from '@berth/common/error-message.ts';
import { parseQuantity } from '@berth/common/quantity.ts';
import { sysctlPatternProblem } from '../api/sysctls.ts';
import { readProviderSettings } from '../images/providers/read-config.ts';
import { allowlistProblem, type ImageVerification } from '../images/verification/policy.ts';
import { nodeLabelsProblem } from '../node/registration/node-labels.ts';
import { ignoredSettings } from './cluster-settings.ts';
import { readDropInFiles } from './drop-in-files.ts';
import type { CommandLine } from './flags.ts';
import { kernelDefaultsProblem } from './kernel-defaults.ts';
import type { KubeletFlags } from './known-flags.ts';
import {
  ConfigurationError,
  type ConfigurationFile,
  readKubeletConfiguration,
} from './kubelet-configuration.ts';
import type { KubeletOptions } from './kubelet-options.ts';
import { logConfiguration, loggingNotices } from './logging-settings.ts';
import { nodeIps, nodeName } from './node-identity.ts';
import { pressureOptions } from './pressure-options.ts';
import { pressureProblem } from './pressure-settings.ts';
import { secureServerOptions } from './secure-server.ts';
import { defaultSettings, joinSettings, type Settings } from './settings.ts';
import { type NodeIds, nodeIdsProblem, readIdFiles, subordinateIds } from './subordinate-ids.ts';
import { hasSwap } from './swap.ts';
import { tuningNotices } from './tuning-settings.ts';

/** The merged options and settings. */
export interface Configuration {
  options: KubeletOptions;
  settings: Settings;
  /** Fields of the configuration file without effect, for the log. */
  notices: readonly string[];
}

/** Defaults of a node in a cluster: its API server has to reach it. */
const clusterDefaults = { address: '0.0.0.0' };
/** The real kubelet's defaults of a configuration file that need an API server. */
const webhooks = { webhookAuth: true, authorizationMode: 'Webhook' } as const;
const jsonType = 'application/json';
const [defaultQps, defaultBurst] = [5, 10];

function logRotation(settings: Settings): KubeletOptions['logRotation'] {
  const maxBytes = Number(parseQuantity(settings.containerLogMaxSize).nanos / 1_000_000_000n);
  if (maxBytes < 0) return undefined;
  return {
    maxBytes,
    maxFiles: settings.containerLogMaxFiles,
    checkMs: settings.containerLogMonitorInterval,
  };
}

/** Reads the configuration file, if any, and merges. Throws ConfigurationError. */
export function buildConfiguration({
  flags,
  settings: fromFlags,
}: Pick<CommandLine, 'flags' | 'settings'>): Configuration {
  const { settings: fromFile, notices } = readConfigurationFiles(flags);
  const hasApiServer = flags.kubeconfig !== '';
  const settings = {
    ...defaultSettings,
    ...(hasApiServer && clusterDefaults),
    ...(hasApiServer && (flags.config !== '' || flags.configDir !== '') && webhooks),
    ...fromFile,
    ...joinSettings(fromFile, fromFlags),
  };
  const log = logConfiguration(settings);
  if ('problem' in log) throw new ConfigurationError(log.problem);
  const isSerial =
    fromFlags.serializeImagePulls ?? fromFile.serializeImagePulls ?? settings.maxParallelImagePulls < 2;
  if (isSerial && settings.maxParallelImagePulls > 1) {
    throw new ConfigurationError(
      'maxParallelImagePulls: can not be larger than 1 unless serializeImagePulls is false',
    );
  }
  const certDir = resolve(flags.certDir || join(flags.rootDir, 'pki'));
  const secureServer = secureServerOptions(settings, certDir, hasApiServer);
  notices.push(...tuningNotices({ ...fromFile, ...fromFlags }));
  notices.push(...loggingNotices({ ...fromFile, ...fromFlags }));
  const evictionHard = settings.mergeDefaultEvictionSettings
    ? { ...defaultSettings.evictionHard, ...settings.evictionHard }
    : settings.evictionHard;
  const limitsPods = settings.enforceNodeAllocatable.includes('pods');
  if (!hasApiServer) notices.push(...ignoredSettings({ ...fromFile, ...fromFlags }));
  else if ((fromFlags.contentType ?? fromFile.contentType ?? jsonType) !== jsonType) {
    notices.push(
      `contentType: ${settings.contentType} is not supported; requests to the API server are JSON`,
    );
  }
  const parallel = fromFile.maxParallelImagePulls;
  const maxPods =
    settings.podsPerCore === 0
      ? settings.maxPods
      : Math.min(settings.maxPods, settings.podsPerCore * cpus().length);
  const options: KubeletOptions = {
    nodeName: nodeName(flags.hostnameOverride),
    nodeIps: nodeIps(flags.nodeIps),
    givenNodeIps: flags.nodeIps,
    registration: registrationOptions(flags, settings),
    nodeStatus: {
      updateMs: settings.nodeStatusUpdateFrequency,
      reportMs:
        fromFile.nodeStatusReportFrequency ??
        fromFile.nodeStatusUpdateFrequency ??
        settings.nodeStatusReportFrequency,
      maxImages: settings.nodeStatusMaxImages,
    },
    nodeLeaseSeconds: settings.nodeLeaseDurationSeconds,
    eventRate: { qps: settings.eventRecordQPS, burst: settings.eventBurst },
    podCidr: settings.podCIDR,
    kubeconfig: hasApiServer ? resolve(flags.kubeconfig) : undefined,
    identity: {
      certDir,
      bootstrapKubeconfig: flags.bootstrapKubeconfig === '' ? undefined : resolve(flags.bootstrapKubeconfig),
      rotatesClient: settings.rotateCertificates,
      requestsServing: settings.serverTLSBootstrap,
    },
    // A rate of 0 is client-go's own to the real kubelet.
    apiRate: { qps: settings.kubeAPIQPS || defaultQps, burst: settings.kubeAPIBurst || defaultBurst },
    changeDetection: settings.configMapAndSecretChangeDetectionStrategy,
    rootDir: resolve(flags.rootDir),
    podLogsDir: absolute('podLogsDir', settings.podLogsDir),
    logRotation: logRotation(settings),
    volumePluginDir: resolve(settings.volumePluginDir),
    containerRuntimeEndpoint: settings.containerRuntimeEndpoint,
    imageServiceEndpoint: settings.imageServiceEndpoint || settings.containerRuntimeEndpoint,
    runtimeRequestTimeoutMs: settings.runtimeRequestTimeout,
    staticPodPath: settings.staticPodPath === '' ? undefined : resolve(settings.staticPodPath),
    staticPodUrl: staticPodUrl(settings),
    adoptsPods: flags.adopt,
    fileCheckFrequencyMs: settings.fileCheckFrequency,
    syncFrequencyMs: settings.syncFrequency,
    cgroupDriver: settings.cgroupDriver,
    cgroupRoot: absolute('cgroupRoot', settings.cgroupRoot || '/'),
    cgroupsPerQos: settings.cgroupsPerQOS,
    cpuCfsQuota: settings.cpuCFSQuota,
    cpuCfsQuotaPeriodUs: Math.round(settings.cpuCFSQuotaPeriod * 1000),
    swapBehavior: settings.swapBehavior,
    memoryThrottlingFactor: settings.memoryThrottlingFactor,
    singleProcessOomKill: settings.singleProcessOOMKill,
    reservations: {
      systemReserved: settings.systemReserved,
      kubeReserved: settings.kubeReserved,
      evictionHard,
    },
    enforceNodeAllocatable: limitsPods,
    ...checkedPressure(settings, { evictionHard, limitsPods }),
    podPidsLimit: settings.podPidsLimit,
    clusterDns: settings.clusterDNS,
    clusterDomain: settings.clusterDomain,
    resolvConf: settings.resolvConf,
    allowedUnsafeSysctls: checkedSysctls(settings.allowedUnsafeSysctls),
    maxPods,
    userIds: checkedUserIds(settings.userNamespacesIdsPerPod, settings.maxPods),
    seccompDefault: settings.seccompDefault,
    pullRate:
      settings.registryPullQPS === 0
        ? undefined
        : { qps: settings.registryPullQPS, burst: settings.registryBurst },
    oomScoreAdj: settings.oomScoreAdj,
    maxParallelImagePulls: isSerial ? 1 : parallel,
    imageVerification: imageVerification(settings),
    credentialProviders: credentialProviders(flags),
    maxContainerRestartPeriodMs: settings.maxContainerRestartPeriod,
    secureServer: secureServer.options,
    readOnlyServer: { address: settings.address, port: settings.enableServer ? settings.readOnlyPort : 0 },
    healthzServer: { address: settings.healthzBindAddress, port: settings.healthzPort },
    log: log.configuration,
    verbosity: settings.verbosity,
  };
  return { options, settings, notices: [...notices, ...secureServer.notices] };
}

function checkedPressure(
  settings: Settings,
  given: Parameters<typeof pressureOptions>[1],
): ReturnType<typeof pressureOptions> {
  const problem = pressureProblem(settings);
  if (problem !== undefined) throw new ConfigurationError(problem);
  try {
    return pressureOptions(settings, given);
  } catch (error) {
    throw new ConfigurationError(`evictionSoftGracePeriod: ${messageOf(error)}`);
  }
}

function registrationOptions(
  { nodeLabels, cloudProvider }: KubeletFlags,
  settings: Settings,
): KubeletOptions['registration'] {
  const problem = nodeLabelsProblem(nodeLabels);
  if (problem !== undefined) throw new ConfigurationError(problem);
  if (cloudProvider !== '' && cloudProvider !== 'external') {
    throw new ConfigurationError(
      `--cloud-provider: must be "external" or nothing, not ${JSON.stringify(cloudProvider)}`,
    );
  }
  return {
    register: settings.registerNode,
    labels: nodeLabels,
    taints: settings.registerWithTaints,
    providerId: settings.providerID,
    hasExternalProvider: cloudProvider === 'external',
    controllerAttaches: settings.enableControllerAttachDetach,
  };
}

function readConfigurationFiles({ config: path, configDir }: KubeletFlags): ConfigurationFile {
  try {
    const { files, skipped } = configDir === '' ? { files: [], skipped: [] } : readDropInFiles(configDir);
    const content = path === '' ? undefined : readFileSync(path);
    const { settings, notices } = readKubeletConfiguration(content, files);
    const others = skipped.map((name) => `${name} does not end in .conf and is no drop-in file`);
    return { settings, notices: [...notices, ...others] };
  } catch (error) {
    const detail = messageOf(error);
    throw new ConfigurationError(
      `failed to load kubelet config file, path: ${path || configDir}, error: ${detail}`,
    );
  }
}

function checkedUserIds(idsPerPod: number, maxPods: number): NodeIds {
  const ids = readUserIds(idsPerPod);
  const problem = nodeIdsProblem(ids, maxPods);
  if (problem === undefined) return ids;
  throw new ConfigurationError(`create user namespace manager: ${problem}`);
}

function readUserIds(idsPerPod: number): NodeIds {
  try {
    return subordinateIds(readIdFiles(), idsPerPod);
  } catch (error) {
    throw new ConfigurationError(`create user namespace manager: kubelet mappings: ${messageOf(error)}`);
  }
}

function checkedSysctls(patterns: readonly string[]): readonly string[] {
  const problem = patterns.map(sysctlPatternProblem).find((each) => each !== undefined);
  if (problem === undefined) return patterns;
  throw new ConfigurationError(`allowedUnsafeSysctls: ${problem}`);
}

function staticPodUrl({
  staticPodURL: url,
  staticPodURLHeader: headers,
  httpCheckFrequency: checkFrequencyMs,
}: Settings): KubeletOptions['staticPodUrl'] {
  if (url === '') return undefined;
  const protocol = URL.parse(url)?.protocol;
  if (protocol === 'http:' || protocol === 'https:') return { url, headers, checkFrequencyMs };
  throw new ConfigurationError(`staticPodURL: must be an http or https URL, not ${JSON.stringify(url)}`);
}

function credentialProviders({
  credentialProviderConfig: config,
  credentialProviderBinDir: binDir,
}: KubeletFlags): KubeletOptions['credentialProviders'] {
  if (config === '' && binDir === '') return undefined;
  try {
    return readProviderSettings(config, binDir);
  } catch (error) {
    throw new ConfigurationError(`Failed to register CRI auth plugins: ${messageOf(error)}`);
  }
}

function imageVerification(settings: Settings): ImageVerification {
  const policy = settings.imagePullCredentialsVerificationPolicy;
  const allowlist = settings.preloadedImagesVerificationAllowlist;
  if (allowlist.length > 0 && policy !== 'NeverVerifyAllowlistedImages') {
    throw new ConfigurationError(
      'preloadedImagesVerificationAllowlist: can only be set if imagePullCredentialsVerificationPolicy is NeverVerifyAllowlistedImages',
    );
  }
  const problem = allowlist.map(allowlistProblem).find((each) => each !== undefined);
  if (problem !== undefined) {
    throw new ConfigurationError(`preloadedImagesVerificationAllowlist: invalid image pattern: ${problem}`);
  }
  return { policy, allowlist };
}

function absolute(field: string, path: string): string {
  if (path.startsWith('/')) return path;
  throw new ConfigurationError(`${field}: must be an absolute path, not ${JSON.stringify(path)}`);
}

/** Throws ConfigurationError when the host does not satisfy the configuration, for example when it swaps. */
export function checkHost(settings: Settings): void {
  if (settings.failSwapOn && hasSwap(readFileSync('/proc/swaps', 'utf8'))) {
    throw new ConfigurationError(
      'running with swap on is not supported, please disable swap or set --fail-swap-on flag to false',
    );
  }
  const problem = settings.protectKernelDefaults ? kernelDefaultsProblem(readTunable) : undefined;
  if (problem !== undefined) throw new ConfigurationError(problem);
  if (settings.failCgroupV1 && !existsSync('/sys/fs/cgroup/cgroup.controllers')) {
    throw new ConfigurationError(
      'kubelet is configured to not run on a host using cgroup v1 (failCgroupV1 is true)',
    );
  }
}

function readTunable(path: string): number {
  return Number(readFileSync(`/proc/sys/${path}`, 'utf8'));
}
