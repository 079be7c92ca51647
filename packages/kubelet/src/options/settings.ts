// The fields of KubeletConfiguration v1beta1 that take effect in this kubelet. A configuration file and the
// command line both fill them; see unsupported-settings.ts for the fields that are refused.
import { isIP } from 'node:net';
import { formatGoDuration } from '@berth/common/go-duration.ts';
import { type CgroupDriverName, cgroupDrivers } from '@berth/linux/cgroups/driver.ts';
import { parseDuration } from '../api/duration.ts';
import { type ImageVerification, verificationPolicies } from '../images/verification/policy.ts';

/** Values of the supported fields, by their names in KubeletConfiguration; durations in milliseconds. */
export interface Settings {
  address: string;
  allowedUnsafeSysctls: string[];
  cgroupDriver: CgroupDriverName;
  cgroupRoot: string;
  cgroupsPerQOS: boolean;
  clusterDNS: string[];
  clusterDomain: string;
  containerRuntimeEndpoint: string;
  cpuCFSQuota: boolean;
  cpuCFSQuotaPeriod: number;
  enableServer: boolean;
  failCgroupV1: boolean;
  failSwapOn: boolean;
  fileCheckFrequency: number;
  healthzBindAddress: string;
  healthzPort: number;
  imagePullCredentialsVerificationPolicy: ImageVerification['policy'];
  imageServiceEndpoint: string;
  maxParallelImagePulls: number;
  maxPods: number;
  podLogsDir: string;
  podPidsLimit: number;
  preloadedImagesVerificationAllowlist: string[];
  readOnlyPort: number;
  resolvConf: string;
  runtimeRequestTimeout: number;
  seccompDefault: boolean;
  serializeImagePulls: boolean;
  staticPodPath: string;
  syncFrequency: number;
  /** crashLoopBackOff.maxContainerRestartPeriod */
  maxContainerRestartPeriod: number;
  /** logging.verbosity, and the flag -v */
  verbosity: number;
}

/** Parsers of one field. They throw a RangeError that describes the valid values. */
export interface Field<T> {
  /** Parses a value of YAML or JSON. */
  fromValue(value: unknown): T;
  /** Parses a value of the command line. */
  fromText(text: string): T;
  /** Formats a value for the command line. */
  toText(value: T): string;
  /** Whether the flag may have no value. */
  isBoolean: boolean;
}

/** The parsers of each field. */
export const fields: { readonly [K in keyof Settings]: Field<Settings[K]> } = {
  address: ipAddress(),
  allowedUnsafeSysctls: list(),
  cgroupDriver: choice(...cgroupDrivers),
  cgroupRoot: text(),
  cgroupsPerQOS: bool(),
  clusterDNS: list((entry) => isIP(entry) > 0, 'an IP address'),
  clusterDomain: text(),
  containerRuntimeEndpoint: text(),
  cpuCFSQuota: bool(),
  cpuCFSQuotaPeriod: duration(1, 1000),
  enableServer: bool(),
  failCgroupV1: bool(),
  failSwapOn: bool(),
  fileCheckFrequency: duration(1),
  healthzBindAddress: ipAddress(),
  healthzPort: integer(0, 65_535),
  imagePullCredentialsVerificationPolicy: choice(...verificationPolicies),
  imageServiceEndpoint: text(),
  maxParallelImagePulls: integer(1, 2 ** 31 - 1),
  maxPods: integer(0, 2 ** 31 - 1),
  podLogsDir: text(),
  podPidsLimit: integer(-1, Number.MAX_SAFE_INTEGER),
  preloadedImagesVerificationAllowlist: list(),
  readOnlyPort: integer(0, 65_535),
  resolvConf: text(),
  runtimeRequestTimeout: duration(1),
  seccompDefault: bool(),
  serializeImagePulls: bool(),
  staticPodPath: text(),
  syncFrequency: duration(1),
  maxContainerRestartPeriod: duration(1000, 300_000),
  verbosity: integer(0, 2 ** 31 - 1),
};

/** Defaults of the fields: the real kubelet's, except for those with a comment. */
export const defaultSettings: Settings = {
  // /pods needs no authentication, so listen on the loopback interface by default.
  address: '127.0.0.1',
  allowedUnsafeSysctls: [],
  cgroupDriver: 'cgroupfs',
  cgroupRoot: '',
  cgroupsPerQOS: true,
  clusterDNS: [],
  clusterDomain: '',
  containerRuntimeEndpoint: 'unix:///run/containerd/containerd.sock',
  cpuCFSQuota: true,
  cpuCFSQuotaPeriod: 100,
  enableServer: true,
  // Both cgroup versions work here.
  failCgroupV1: false,
  failSwapOn: true,
  fileCheckFrequency: 20_000,
  healthzBindAddress: '127.0.0.1',
  healthzPort: 10_248,
  imagePullCredentialsVerificationPolicy: 'NeverVerifyPreloadedImages',
  imageServiceEndpoint: '',
  maxParallelImagePulls: 1,
  maxPods: 110,
  podLogsDir: '/var/log/pods',
  podPidsLimit: -1,
  preloadedImagesVerificationAllowlist: [],
  // The real kubelet's default is 10255 without a configuration file. Off here: every local user could read all pods.
  readOnlyPort: 0,
  resolvConf: '/etc/resolv.conf',
  runtimeRequestTimeout: 120_000,
  seccompDefault: false,
  serializeImagePulls: true,
  staticPodPath: '',
  syncFrequency: 60_000,
  maxContainerRestartPeriod: 300_000,
  verbosity: 0,
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
  const read: Field<Settings[K]> = fields[name];
  target[name] = read.fromText(value);
}

/** The default of one field, formatted for the command line. */
export function defaultText<K extends keyof Settings>(name: K): string {
  const { toText }: Field<Settings[K]> = fields[name];
  return toText(defaultSettings[name]);
}

function field<T>(
  fromText: (text: string) => T,
  fromValue: (value: unknown) => T,
  { toText = (value: T) => String(value), isBoolean = false } = {},
): Field<T> {
  return { fromText, fromValue, toText, isBoolean };
}

function wanted(what: string, value: unknown): RangeError {
  return new RangeError(`must be ${what}, not ${JSON.stringify(value)}`);
}

function text(): Field<string> {
  return field(
    (value) => value,
    (value) => {
      if (typeof value === 'string') return value;
      throw wanted('a text', value);
    },
  );
}

function ipAddress(): Field<string> {
  const check = (value: unknown): string => {
    if (typeof value === 'string' && isIP(value)) return value;
    throw wanted('an IP address', value);
  };
  return field(check, check);
}

function choice<const T extends string>(...allowed: T[]): Field<T> {
  const check = (value: unknown): T => {
    const found = allowed.find((entry) => entry === value);
    if (found === undefined) throw wanted(allowed.map((entry) => JSON.stringify(entry)).join(' or '), value);
    return found;
  };
  return field(check, check);
}

function bool(): Field<boolean> {
  const words = new Map([
    ...['true', 't', '1'].map((word) => [word, true] as const),
    ...['false', 'f', '0'].map((word) => [word, false] as const),
  ]);
  return field(
    (value) => {
      const found = words.get(value.toLowerCase());
      if (found === undefined) throw wanted('true or false', value);
      return found;
    },
    (value) => {
      if (typeof value === 'boolean') return value;
      throw wanted('true or false', value);
    },
    { isBoolean: true },
  );
}

function integer(min: number, max: number): Field<number> {
  const check = (value: unknown): number => {
    if (typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max) return value;
    throw wanted(`a whole number from ${min} to ${max}`, value);
  };
  return field((value) => check(/^-?\d+$/.test(value) ? Number(value) : value), check);
}

function duration(minMs: number, maxMs = Number.MAX_SAFE_INTEGER): Field<number> {
  const check = (value: unknown): number => {
    if (typeof value !== 'string') throw wanted('a duration such as "1m30s"', value);
    const ms = parseDuration(value);
    if (ms < minMs || ms > maxMs) throw wanted(`a duration from ${minMs}ms to ${maxMs}ms`, value);
    return ms;
  };
  return field(check, check, { toText: formatGoDuration });
}

function list(isValid: (entry: string) => boolean = () => true, what = 'a text'): Field<string[]> {
  const check = (entries: unknown[]): string[] =>
    entries.map((entry) => {
      if (typeof entry === 'string' && isValid(entry)) return entry;
      throw wanted(what, entry);
    });
  return field(
    (value) => check(value === '' ? [] : value.split(',')),
    (value) => {
      if (!Array.isArray(value)) throw wanted('a list', value);
      return check(value);
    },
  );
}
