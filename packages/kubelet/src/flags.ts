// The kubelet's command line: the flags of the real kubelet that take effect here. commander can not read it
// (`--flag=false` for a switch, `_` for `-`, no short options in groups), so this is pflag's syntax by hand.

import { nearestName } from './api/field-error.ts';
import { ConfigurationError } from './config/kubelet-configuration.ts';
import { fields, type Settings, setFromText } from './config/settings.ts';
import {
  asksForNothing,
  obsoleteFlags,
  unsupportedFlags,
  unsupportedSwitches,
} from './config/unsupported-flags.ts';

/** What only the command line says. */
export interface KubeletFlags {
  /** Path of a KubeletConfiguration file. */
  config: string;
  hostnameOverride: string;
  nodeIps: string[];
  rootDir: string;
  version: boolean;
  help: boolean;
}

/** What a command line asks for. */
export interface CommandLine {
  flags: KubeletFlags;
  /** Fields of the configuration that flags set; they win over the file. */
  settings: Partial<Settings>;
  /** Flags that are read for compatibility and need no action, to be told in the log. */
  notices: string[];
}

/** A flag that is a field of the configuration. */
const settingFlags: Readonly<Record<string, keyof Settings>> = {
  address: 'address',
  'allowed-unsafe-sysctls': 'allowedUnsafeSysctls',
  'cgroup-driver': 'cgroupDriver',
  'cgroup-root': 'cgroupRoot',
  'cgroups-per-qos': 'cgroupsPerQOS',
  'cluster-dns': 'clusterDNS',
  'cluster-domain': 'clusterDomain',
  'container-runtime-endpoint': 'containerRuntimeEndpoint',
  'cpu-cfs-quota': 'cpuCFSQuota',
  'cpu-cfs-quota-period': 'cpuCFSQuotaPeriod',
  'enable-server': 'enableServer',
  'fail-cgroupv1': 'failCgroupV1',
  'fail-swap-on': 'failSwapOn',
  'file-check-frequency': 'fileCheckFrequency',
  'healthz-bind-address': 'healthzBindAddress',
  'healthz-port': 'healthzPort',
  'image-service-endpoint': 'imageServiceEndpoint',
  'max-pods': 'maxPods',
  'pod-manifest-path': 'staticPodPath',
  'pod-max-pids': 'podPidsLimit',
  'read-only-port': 'readOnlyPort',
  'resolv-conf': 'resolvConf',
  'runtime-request-timeout': 'runtimeRequestTimeout',
  'seccomp-default': 'seccompDefault',
  'serialize-image-pulls': 'serializeImagePulls',
  'sync-frequency': 'syncFrequency',
  v: 'verbosity',
};

/** A flag that is no field of the configuration. */
const ownFlags: Readonly<Record<string, (value: string) => Partial<KubeletFlags>>> = {
  config: (value) => ({ config: value }),
  'hostname-override': (value) => ({ hostnameOverride: value }),
  'node-ip': (value) => ({ nodeIps: value === '' ? [] : value.split(',') }),
  'root-dir': (value) => ({ rootDir: value }),
};

/**
 * Reads a command line as pflag does: `--flag=value`, `--flag value`, a switch alone or as `--switch=false`,
 * `-v2`, and `_` for `-`. Throws ConfigurationError that names the flag.
 */
export function parseCommandLine(argv: readonly string[]): CommandLine {
  const line: CommandLine = {
    flags: {
      config: '',
      hostnameOverride: '',
      nodeIps: [],
      rootDir: '/var/lib/kubelet',
      version: false,
      help: false,
    },
    settings: {},
    notices: [],
  };
  const rest = [...argv];
  for (let argument = rest.shift(); argument !== undefined; argument = rest.shift()) {
    const [, long, short, attached] = /^(?:--([^=]+)|-([vh]))=?(.*)$/s.exec(argument) ?? [];
    const name = (long ?? short ?? '').replaceAll('_', '-');
    if (name === '')
      throw new ConfigurationError(`unknown command "${argument}": the kubelet takes flags only`);
    if (!isKnown(name)) throw new ConfigurationError(`unknown flag: --${name}${suggestion(name)}`);
    const hasValue = argument.includes('=') || (short !== undefined && attached !== '');
    const value = hasValue ? attached : isSwitch(name) ? 'true' : rest.shift();
    if (value === undefined) throw new ConfigurationError(`flag needs an argument: --${name}`);
    apply(line, name, value);
  }
  return line;
}

function isSwitch(name: string): boolean {
  const setting = settingFlags[name];
  if (setting) return fields[setting].isBoolean;
  return name === 'version' || name === 'help' || name === 'h' || unsupportedSwitches.has(name);
}

function isKnown(name: string): boolean {
  return knownFlags().includes(name) || name === 'h';
}

function knownFlags(): string[] {
  return [settingFlags, ownFlags, unsupportedFlags, obsoleteFlags, { version: 0, help: 0 }].flatMap(
    Object.keys,
  );
}

function apply(line: CommandLine, name: string, value: string): void {
  const setting = settingFlags[name];
  if (setting) {
    try {
      setFromText(line.settings, setting, value);
    } catch (error) {
      const detail = error instanceof Error ? error.message : String(error);
      throw new ConfigurationError(
        `invalid argument ${JSON.stringify(value)} for "--${name}" flag: ${detail}`,
      );
    }
  } else if (name === 'version') line.flags.version = value !== 'false';
  else if (name === 'help' || name === 'h') line.flags.help = value !== 'false';
  else if (ownFlags[name]) Object.assign(line.flags, ownFlags[name](value));
  else if (obsoleteFlags[name]) line.notices.push(`--${name} has no effect: ${obsoleteFlags[name]}`);
  else if (!asksForNothing(name, value)) {
    throw new ConfigurationError(
      `--${name}=${value} is not supported by this kubelet yet; leave the flag out (other than its default it would be ignored)`,
    );
  }
}

function suggestion(name: string): string {
  const nearest = nearestName(name, knownFlags());
  return nearest ? ` (did you mean --${nearest}?)` : '';
}

/** What `--help` prints: the flags that take effect. */
export function usage(): string {
  const flags = [...Object.keys(settingFlags), ...Object.keys(ownFlags), 'version', 'help']
    .sort()
    .map((name) => `  ${name.length === 1 ? '-' : '--'}${name}${isSwitch(name) ? '' : ' VALUE'}`);
  return `The kubelet runs the pods of a manifest directory on this machine, through any CRI runtime.

Usage: kubelet [flags]

Flags that take effect here, as the real kubelet's flags of the same name (switches take =true or =false):
${flags.join('\n')}

The fields of KubeletConfiguration v1beta1 behind them can be written in the file given by --config; flags win.
Unlike the real kubelet's, --address is 127.0.0.1 unless set: /pods answers without authentication.

The read-only port answers /healthz, /pods (every pod with its status) and /rejected (every manifest that does
not run, or not in its newest version, with the reason).
`;
}
