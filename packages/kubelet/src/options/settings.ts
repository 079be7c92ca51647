// The fields of KubeletConfiguration v1beta1 that take effect in this kubelet. A configuration file and the
// command line both fill them; see unsupported-settings.ts for the fields that are refused.
import { isIP } from 'node:net';
import { formatGoDuration } from '@berth/common/go-duration.ts';
import { isObject } from '@berth/common/json/is-object.ts';
import { type CgroupDriverName, cgroupDrivers } from '@berth/linux/cgroups/driver.ts';
import { parseDuration } from '../api/duration.ts';
import { type ImageVerification, verificationPolicies } from '../images/verification/policy.ts';
import { defaultEvictionHard, reservedProblem, thresholdsProblem } from './reservation-settings.ts';

/** Values of authorization.mode. */
const authorizationModes = ['AlwaysAllow', 'Webhook'] as const;

/** Values of the supported fields, by their names in KubeletConfiguration; durations in milliseconds. */
export interface Settings {
  address: string;
  allowedUnsafeSysctls: string[];
  /** authentication.anonymous.enabled */
  anonymousAuth: boolean;
  /** authorization.mode */
  authorizationMode: (typeof authorizationModes)[number];
  cgroupDriver: CgroupDriverName;
  cgroupRoot: string;
  cgroupsPerQOS: boolean;
  /** authentication.x509.clientCAFile */
  clientCAFile: string;
  clusterDNS: string[];
  clusterDomain: string;
  containerRuntimeEndpoint: string;
  cpuCFSQuota: boolean;
  cpuCFSQuotaPeriod: number;
  enableDebugFlagsHandler: boolean;
  enableDebuggingHandlers: boolean;
  enableProfilingHandler: boolean;
  enableServer: boolean;
  enableSystemLogHandler: boolean;
  enableSystemLogQuery: boolean;
  enforceNodeAllocatable: ('pods' | 'none')[];
  evictionHard: Record<string, string>;
  failCgroupV1: boolean;
  failSwapOn: boolean;
  fileCheckFrequency: number;
  healthzBindAddress: string;
  healthzPort: number;
  httpCheckFrequency: number;
  imagePullCredentialsVerificationPolicy: ImageVerification['policy'];
  imageServiceEndpoint: string;
  kubeReserved: Record<string, string>;
  maxParallelImagePulls: number;
  maxPods: number;
  memoryThrottlingFactor: number;
  mergeDefaultEvictionSettings: boolean;
  podLogsDir: string;
  podPidsLimit: number;
  port: number;
  preloadedImagesVerificationAllowlist: string[];
  readOnlyPort: number;
  resolvConf: string;
  runtimeRequestTimeout: number;
  seccompDefault: boolean;
  serializeImagePulls: boolean;
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
}

/** Parsers of one field. They throw a RangeError that describes the valid values. */
export interface Field<T> {
  /** Parses a value of YAML or JSON. */
  fromValue(value: unknown): T;
  /** Parses a value of the command line. */
  fromText(text: string): T;
  /** Formats a value for the command line. */
  toText(value: T): string;
  /** Formats a value for JSON. */
  toJson(value: T): unknown;
  /** Whether the flag may have no value. */
  isBoolean: boolean;
}

/** The parsers of each field. */
export const fields: { readonly [K in keyof Settings]: Field<Settings[K]> } = {
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
  containerRuntimeEndpoint: text(),
  cpuCFSQuota: bool(),
  cpuCFSQuotaPeriod: duration(1, 1000),
  enableDebugFlagsHandler: bool(),
  enableDebuggingHandlers: bool(),
  enableProfilingHandler: bool(),
  enableServer: bool(),
  enableSystemLogHandler: bool(),
  enableSystemLogQuery: bool(),
  enforceNodeAllocatable: oneOrNone('pods'),
  evictionHard: quantities('<', thresholdsProblem),
  failCgroupV1: bool(),
  failSwapOn: bool(),
  fileCheckFrequency: duration(1),
  healthzBindAddress: ipAddress(),
  healthzPort: integer(0, 65_535),
  httpCheckFrequency: duration(1),
  imagePullCredentialsVerificationPolicy: choice(...verificationPolicies),
  imageServiceEndpoint: text(),
  kubeReserved: quantities('=', reservedProblem),
  maxParallelImagePulls: integer(1, 2 ** 31 - 1),
  maxPods: integer(0, 2 ** 31 - 1),
  memoryThrottlingFactor: fraction(),
  mergeDefaultEvictionSettings: bool(),
  podLogsDir: text(),
  podPidsLimit: integer(-1, Number.MAX_SAFE_INTEGER),
  port: integer(0, 65_535),
  preloadedImagesVerificationAllowlist: list(),
  readOnlyPort: integer(0, 65_535),
  resolvConf: text(),
  runtimeRequestTimeout: duration(1),
  seccompDefault: bool(),
  serializeImagePulls: bool(),
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
  systemReserved: quantities('=', reservedProblem),
  maxContainerRestartPeriod: duration(1000, 300_000),
  swapBehavior: choice('NoSwap', 'LimitedSwap'),
  userNamespacesIdsPerPod: integer(65_536, 2 ** 32 - 1),
  verbosity: integer(0, 2 ** 31 - 1),
};

/** Defaults of the fields: the real kubelet's, except for those with a comment. */
export const defaultSettings: Settings = {
  // Not 0.0.0.0: /pods needs no authentication, and who may use the secure port may run anything as root.
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
  containerRuntimeEndpoint: 'unix:///run/containerd/containerd.sock',
  cpuCFSQuota: true,
  cpuCFSQuotaPeriod: 100,
  enableDebugFlagsHandler: true,
  enableDebuggingHandlers: true,
  enableProfilingHandler: true,
  enableServer: true,
  enableSystemLogHandler: true,
  enableSystemLogQuery: false,
  enforceNodeAllocatable: ['pods'],
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
  kubeReserved: {},
  maxParallelImagePulls: 1,
  maxPods: 110,
  memoryThrottlingFactor: 0.9,
  mergeDefaultEvictionSettings: false,
  podLogsDir: '/var/log/pods',
  podPidsLimit: -1,
  port: 10_250,
  preloadedImagesVerificationAllowlist: [],
  // The real kubelet's default is 10255 without a configuration file. Off here: every local user could read all pods.
  readOnlyPort: 0,
  resolvConf: '/etc/resolv.conf',
  runtimeRequestTimeout: 120_000,
  seccompDefault: false,
  serializeImagePulls: true,
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
  systemReserved: {},
  maxContainerRestartPeriod: 300_000,
  swapBehavior: 'NoSwap',
  userNamespacesIdsPerPod: 65_536,
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

function field<T>(
  fromText: (text: string) => T,
  fromValue: (value: unknown) => T,
  { toText = (value: T) => String(value), toJson = (value: T): unknown => value, isBoolean = false } = {},
): Field<T> {
  return { fromText, fromValue, toText, toJson, isBoolean };
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

function fraction(): Field<number> {
  const check = (value: unknown): number => {
    if (typeof value === 'number' && value > 0 && value <= 1) return value;
    throw wanted('a number above 0, at most 1', value);
  };
  return field((value) => check(value.trim() === '' ? value : Number(value)), check);
}

/** A list with one entry, or with `none`. */
function oneOrNone<const T extends string>(name: T): Field<(T | 'none')[]> {
  const check = (entries: unknown[]): (T | 'none')[] =>
    entries.map((entry) => {
      if (entry === name || entry === 'none') return entry === name ? name : 'none';
      throw wanted(`${JSON.stringify(name)} or "none"`, entry);
    });
  return field(
    (value) => check(value === '' ? [] : value.split(',')),
    (value) => {
      if (!Array.isArray(value)) throw wanted('a list', value);
      return check(value);
    },
    { toText: (value) => value.join(',') },
  );
}

/** Quantities by name; on the command line `NAME${separator}QUANTITY,…`. */
function quantities(
  separator: '=' | '<',
  problemOf: (list: Record<string, string>) => string | undefined,
): Field<Record<string, string>> {
  const check = (value: unknown): Record<string, string> => {
    if (!isObject(value)) throw wanted('an object of quantities', value);
    const list = Object.fromEntries(
      Object.entries(value).map(([name, quantity]) => {
        if (typeof quantity !== 'string' && typeof quantity !== 'number' && typeof quantity !== 'bigint')
          throw wanted('a quantity', quantity);
        return [name, String(quantity).trim()];
      }),
    );
    const problem = problemOf(list);
    if (problem !== undefined) throw new RangeError(problem);
    return list;
  };
  const toText = (value: Record<string, string>): string =>
    Object.entries(value)
      .map(([name, quantity]) => `${name}${separator}${quantity}`)
      .join(',');
  const fromText = (value: string): Record<string, string> =>
    check(
      Object.fromEntries(
        value.split(',').flatMap((entry) => {
          if (entry.trim() === '') return [];
          const at = entry.indexOf(separator);
          if (at < 0) throw wanted(`a list of NAME${separator}QUANTITY`, value);
          return [[entry.slice(0, at).trim(), entry.slice(at + 1).trim()]];
        }),
      ),
    );
  return field(fromText, check, { toText });
}

function duration(minMs: number, maxMs = Number.MAX_SAFE_INTEGER): Field<number> {
  const check = (value: unknown): number => {
    if (typeof value !== 'string') throw wanted('a duration such as "1m30s"', value);
    const ms = parseDuration(value);
    if (ms < minMs || ms > maxMs) throw wanted(`a duration from ${minMs}ms to ${maxMs}ms`, value);
    return ms;
  };
  return field(check, check, { toText: formatGoDuration, toJson: formatGoDuration });
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

function integers(): Field<number[]> {
  const check = (value: unknown): number[] => {
    if (Array.isArray(value) && value.every((entry) => Number.isInteger(entry))) return value;
    throw wanted('a list of whole numbers', value);
  };
  return field((value) => check(value === '' ? [] : value.split(',').map(Number)), check);
}

/** Headers of HTTP requests: lists by name, and on the command line `a:one,b:two,a:three`. They may be secrets. */
function headers(): Field<Readonly<Record<string, readonly string[]>>> {
  const masked = (value: object): object =>
    Object.fromEntries(Object.keys(value).map((name) => [name, ['<masked>']]));
  return field(
    (value) => {
      const lists: Record<string, string[]> = {};
      for (const part of value === '' ? [] : value.split(',')) {
        const [, name, content] = /^\s*([^:]+):(.*)$/s.exec(part) ?? [];
        if (name === undefined || content === undefined) throw wanted('a list of NAME:VALUE', value);
        lists[name] = [...(lists[name] ?? []), content];
      }
      return lists;
    },
    (value) => {
      const isList = (each: unknown): each is string[] =>
        Array.isArray(each) && each.every((entry) => typeof entry === 'string');
      if (!isObject(value)) throw wanted('an object', value);
      const lists: Record<string, string[]> = {};
      for (const [name, list] of Object.entries(value)) {
        if (!isList(list)) throw wanted('lists of texts', list);
        lists[name] = list;
      }
      return lists;
    },
    {
      toText: (value) =>
        Object.keys(value)
          .map((name) => `${name}:<masked>`)
          .join(','),
      toJson: masked,
    },
  );
}
