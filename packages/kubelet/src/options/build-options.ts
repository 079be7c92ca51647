// Merges defaults, configuration file and command line into KubeletOptions, and refuses hosts that do not satisfy them.

import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { messageOf } from '@berth/common/error-message.ts';
import { isSystemdRunning } from '@berth/linux/systemd/running.ts';
import { sysctlPatternProblem } from '../api/sysctls.ts';
import { allowlistProblem, type ImageVerification } from '../images/verification/policy.ts';
import type { CommandLine } from './flags.ts';
import {
  ConfigurationError,
  type ConfigurationFile,
  readKubeletConfiguration,
} from './kubelet-configuration.ts';
import type { KubeletOptions } from './kubelet-options.ts';
import { nodeIps, nodeName } from './node-identity.ts';
import { secureServerOptions } from './secure-server.ts';
import { defaultSettings, type Settings } from './settings.ts';
import { type NodeIds, nodeIdsProblem, readIdFiles, subordinateIds } from './subordinate-ids.ts';

/** The merged options and settings. */
export interface Configuration {
  options: KubeletOptions;
  settings: Settings;
  /** Fields of the configuration file without effect, for the log. */
  notices: readonly string[];
}

/** Reads the configuration file, if any, and merges. Throws ConfigurationError. */
export function buildConfiguration({
  flags,
  settings: fromFlags,
}: Pick<CommandLine, 'flags' | 'settings'>): Configuration {
  const { settings: fromFile, notices } =
    flags.config === '' ? { settings: {}, notices: [] } : readConfigurationFile(flags.config);
  const settings = { ...defaultSettings, ...fromFile, ...fromFlags };
  const isSerial =
    fromFlags.serializeImagePulls ?? fromFile.serializeImagePulls ?? settings.maxParallelImagePulls < 2;
  if (isSerial && settings.maxParallelImagePulls > 1) {
    throw new ConfigurationError(
      'maxParallelImagePulls: can not be larger than 1 unless serializeImagePulls is false',
    );
  }
  const secureServer = secureServerOptions(settings, flags.certDir || join(flags.rootDir, 'pki'));
  if (fromFlags.evictionHard ?? fromFile.evictionHard)
    notices.push('evictionHard reserves memory and disk; this kubelet does not evict pods yet');
  const parallel = fromFile.maxParallelImagePulls;
  const options: KubeletOptions = {
    nodeName: nodeName(flags.hostnameOverride),
    nodeIps: nodeIps(flags.nodeIps),
    rootDir: resolve(flags.rootDir),
    podLogsDir: absolute('podLogsDir', settings.podLogsDir),
    containerRuntimeEndpoint: settings.containerRuntimeEndpoint,
    imageServiceEndpoint: settings.imageServiceEndpoint || settings.containerRuntimeEndpoint,
    runtimeRequestTimeoutMs: settings.runtimeRequestTimeout,
    staticPodPath: settings.staticPodPath === '' ? undefined : resolve(settings.staticPodPath),
    staticPodUrl: staticPodUrl(settings),
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
      evictionHard: settings.mergeDefaultEvictionSettings
        ? { ...defaultSettings.evictionHard, ...settings.evictionHard }
        : settings.evictionHard,
    },
    enforceNodeAllocatable: settings.enforceNodeAllocatable.includes('pods'),
    podPidsLimit: settings.podPidsLimit,
    clusterDns: settings.clusterDNS,
    clusterDomain: settings.clusterDomain,
    resolvConf: settings.resolvConf,
    allowedUnsafeSysctls: checkedSysctls(settings.allowedUnsafeSysctls),
    maxPods: settings.maxPods,
    userIds: checkedUserIds(settings.userNamespacesIdsPerPod, settings.maxPods),
    seccompDefault: settings.seccompDefault,
    maxParallelImagePulls: isSerial ? 1 : parallel,
    imageVerification: imageVerification(settings),
    maxContainerRestartPeriodMs: settings.maxContainerRestartPeriod,
    secureServer: secureServer.options,
    readOnlyServer: { address: settings.address, port: settings.enableServer ? settings.readOnlyPort : 0 },
    healthzServer: { address: settings.healthzBindAddress, port: settings.healthzPort },
    verbosity: settings.verbosity,
  };
  return { options, settings, notices: [...notices, ...secureServer.notices] };
}

function readConfigurationFile(path: string): ConfigurationFile {
  try {
    return readKubeletConfiguration(readFileSync(path));
  } catch (error) {
    const detail = messageOf(error);
    throw new ConfigurationError(`failed to load kubelet config file, path: ${path}, error: ${detail}`);
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
  if (settings.cgroupDriver === 'systemd' && !isSystemdRunning()) {
    throw new ConfigurationError(
      "cgroupDriver: systemd cannot be used: this machine's init is not systemd; use cgroupfs, in the container runtime too",
    );
  }
  if (settings.failCgroupV1 && !existsSync('/sys/fs/cgroup/cgroup.controllers')) {
    throw new ConfigurationError(
      'kubelet is configured to not run on a host using cgroup v1 (failCgroupV1 is true)',
    );
  }
}

/** Whether the text of /proc/swaps lists a swap area, except in compressed memory. */
export function hasSwap(swaps: string): boolean {
  return swaps
    .split('\n')
    .slice(1)
    .some((line) => line.trim() !== '' && !line.startsWith('/dev/zram'));
}
