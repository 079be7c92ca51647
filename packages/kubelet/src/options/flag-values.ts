// The value of every flag of the real kubelet as /flagz shows it: of the command line, or the default. The
// configuration file changes none of them.
import type { CommandLine } from './flags.ts';
import { type KnownFlag, knownFlags } from './known-flags.ts';
import { defaultSettings, type Settings, settingText } from './settings.ts';
import { defaultOfUnsupported, unsupportedFlags } from './unsupported-flags.ts';

/** Values by flag, in the order of their names. */
export function flagValues(line: Pick<CommandLine, 'flags' | 'settings'>): Readonly<Record<string, string>> {
  const settings: Settings = { ...defaultSettings, ...line.settings };
  const {
    config,
    configDir,
    hostnameOverride,
    nodeIps,
    nodeLabels,
    cloudProvider,
    rootDir,
    certDir,
    version,
    help,
  } = line.flags;
  const plain: Readonly<Record<string, string>> = {
    config,
    'config-dir': configDir,
    'hostname-override': hostnameOverride,
    'node-ip': nodeIps.join(','),
    'node-labels': Object.entries(nodeLabels)
      .map(([key, value]) => `${key}=${value}`)
      .sort()
      .join(','),
    'cloud-provider': cloudProvider,
    'root-dir': rootDir,
    'cert-dir': certDir,
    version: String(version),
    help: String(help),
  };
  const known = [...knownFlags.values()].map((flag): [string, string] => [
    flag.name,
    'setting' in flag ? textOf(settings, flag) : (plain[flag.name] ?? ''),
  ]);
  const unsupported = Object.keys(unsupportedFlags).map((name): [string, string] => [
    name,
    defaultOfUnsupported(name),
  ]);
  return Object.fromEntries([...known, ...unsupported].sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** Flags that print their lists themselves. */
const ownLists: ReadonlySet<keyof Settings> = new Set(['logVModule', 'registerWithTaints']);

/** Other lists are printed as pflag prints them. */
function textOf(settings: Settings, { setting }: Extract<KnownFlag, { setting: unknown }>): string {
  const value = settings[setting];
  const isList = Array.isArray(value) && !ownLists.has(setting);
  return isList ? `[${value.join(',')}]` : settingText(settings, setting);
}
