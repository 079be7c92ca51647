// Writes docs/configuration.md from the tables that the programs themselves read: every setting of berthd, flag and
// field of the kubelet, and option of crictl. configuration.test.ts fails when it is out of date.
// usage: npm run configuration
import { writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { config as crictlConfig } from '../packages/crictl/src/commands/config.ts';
import { emptyConfig } from '../packages/crictl/src/config/crictl-yaml.ts';
import { globalFlags } from '../packages/crictl/src/config/settings.ts';
import { defaultOf, flagGroups, isSwitch } from '../packages/kubelet/src/options/known-flags.ts';
import { grouped } from '../packages/kubelet/src/options/kubelet-configuration.ts';
import { defaultSettings, type Settings, settingJson } from '../packages/kubelet/src/options/settings.ts';
import { defaultConfig } from '../packages/runtime/src/config/config.ts';
import { described } from '../packages/runtime/src/config/default-file.ts';
import { liveSettings } from '../packages/runtime/src/config/reload.ts';
import { berthdFlags } from '../packages/runtime/src/options.ts';
import { markdownTable } from './markdown-table.ts';

const root = dirname(import.meta.dirname);

/** What the fields of KubeletConfiguration without a flag mean. */
const withoutFlag: Partial<Record<keyof Settings, string>> = {
  configMapAndSecretChangeDetectionStrategy:
    'How changes of ConfigMaps and Secrets of an API server are noticed: Watch, Cache or Get',
  containerLogMonitorInterval: 'How often sizes of logs are compared with containerLogMaxSize',
  enableDebugFlagsHandler: 'Serve /debug/flags/v on the secure port',
  enableProfilingHandler: 'Serve /debug/pprof on the secure port',
  enableSystemLogHandler: 'Serve the files of /var/log at /logs/ on the secure port',
  enableSystemLogQuery: 'Answer queries of the journal at /logs/?query=',
  imageMaximumGCAge: 'How long an image stays that nobody uses; 0s: as long as there is room',
  imagePullCredentialsVerificationPolicy:
    'Which images a pod may use only with credentials that pulled them: NeverVerify, NeverVerifyPreloadedImages, NeverVerifyAllowlistedImages or AlwaysVerify',
  iptablesDropBit: 'Accepted; no rules are made',
  iptablesMasqueradeBit: 'Accepted; no rules are made',
  maxContainerRestartPeriod: 'Longest wait between two restarts of a crashing container',
  maxParallelImagePulls: 'Pulls at once; above 1 only without serializeImagePulls',
  memoryThrottlingFactor:
    'Share of the memory between request and limit from which on containers are slowed down (cgroup v2)',
  mergeDefaultEvictionSettings: 'Whether evictionHard adds to the defaults instead of replacing them',
  nodeLeaseDurationSeconds: 'How long the lease of the node in a cluster is valid',
  nodeStatusReportFrequency: 'How often the status of the node is sent when nothing has changed',
  podLogsDir: 'Directory of the logs of pods',
  preloadedImagesVerificationAllowlist:
    'Images that need no credentials, with the policy NeverVerifyAllowlistedImages',
  shutdownGracePeriod:
    'How long pods have to end when the node shuts down, in all; 0s: the machine does not wait',
  shutdownGracePeriodByPodPriority:
    'The same by priority, instead: a list of {priority, shutdownGracePeriodSeconds}',
  shutdownGracePeriodCriticalPods: 'The last part of it, which is for critical pods',
  singleProcessOOMKill: 'Whether an OOM kill ends one process and not the whole container (cgroup v2)',
  swapBehavior: 'NoSwap or LimitedSwap: burstable containers swap by their memory request (cgroup v2)',
  tlsCurvePreferences: "Curves of the secure port, by the numbers of Go's CurveID",
  userNamespacesIdsPerPod: 'Ids of a pod with users of its own, a multiple of 65536',
};

type Row = readonly [name: string, ...cells: string[]];

const code = (text: string): string => (text === '' ? '' : `\`${text}\``);

/** A value as YAML would have it on one line. */
const inline = (value: unknown): string =>
  value === undefined || value === '' ? '' : code(typeof value === 'string' ? value : JSON.stringify(value));

interface Section {
  readonly about: string;
  readonly fields: Readonly<Record<string, string>>;
}

/** The settings of berthd by their dotted names. */
function berthdList(): string {
  const isLive = (name: string): boolean => liveSettings.some((live) => live === name);
  const item = (name: string, value: unknown, change: string, meaning: string): string =>
    `- ${code(name)} (${inline(value) || 'unset'}, ${change}): ${meaning.replaceAll('*', '\\*')}`;
  return Object.entries(described)
    .flatMap(([name, description]: [string, string | Section]): string[] => {
      const value: unknown = Reflect.get(defaultConfig, name);
      const change = isLive(name) ? 'reload' : 'restart';
      if (typeof description === 'string') return [item(name, value, change, description)];
      return Object.entries(description.fields).map(([key, meaning]) =>
        item(`${name}.${key}`, Object(value)[key], change, meaning),
      );
    })
    .join('\n');
}

/** The flags of berthd. */
function berthdFlagTable(): string {
  const rows = berthdFlags().options.map(({ flags, description, argChoices = [] }) => [
    code(flags),
    [description, argChoices.join(', ')].filter((text) => text !== '').join('; '),
  ]);
  return markdownTable(['flag', 'meaning'], rows);
}

/** The groups of the kubelet's flags, as `--help` shows them. */
function flagTables(): string {
  return flagGroups
    .map(({ title, flags }) => {
      const rows = flags.map((flag): Row => {
        const name = `${flag.name.length === 1 ? '-' : '--'}${flag.name}${isSwitch(flag) ? '' : ' VALUE'}`;
        const field = 'setting' in flag ? code(fieldOf(flag.setting)) : '';
        return [code(name), code(defaultOf(flag)), field, flag.help];
      });
      return `### ${title}\n\n${markdownTable(['flag', 'default', 'field', 'meaning'], rows)}`;
    })
    .join('\n\n');
}

/** The place of a setting in a KubeletConfiguration. */
function fieldOf(setting: keyof Settings): string {
  return Object.entries(grouped).find(([, name]) => name === setting)?.[0] ?? setting;
}

/** The fields of KubeletConfiguration that no flag sets. Throws for one without a description. */
function fieldRows(): Row[] {
  const flagged = new Set(
    flagGroups.flatMap(({ flags }) => flags.flatMap((flag) => ('setting' in flag ? [flag.setting] : []))),
  );
  const names = (Object.keys(defaultSettings) as (keyof Settings)[]).filter((name) => !flagged.has(name));
  return names.map((name) => {
    const meaning = withoutFlag[name];
    if (meaning === undefined) throw new Error(`${name} has neither a flag nor a description in this file`);
    return [code(fieldOf(name)), inline(settingJson(defaultSettings, name)), meaning];
  });
}

/** The options of crictl.yaml; their meaning is in the help of `crictl config`. */
function crictlRows(): Row[] {
  return Object.keys(emptyConfig).map((name) => {
    const [, meaning = '', value = ''] =
      new RegExp(`^ +${name}: +(.*) \\(default: "?(.*?)"?\\)$`, 'm').exec(crictlConfig.argsUsage ?? '') ?? [];
    if (meaning === '') throw new Error(`crictl config --help does not explain ${name}`);
    return [code(name), code(value), meaning];
  });
}

/** The environment variables of crictl. */
function variableRows(): Row[] {
  return Object.entries(globalFlags).flatMap(([flag, spec]) =>
    'env' in spec ? spec.env.map((variable): Row => [code(variable), code(`--${flag}`), spec.usage]) : [],
  );
}

/** docs/configuration.md as it should be. */
export function configuration(): string {
  return `# Configuration

<!-- Written by npm run configuration -->

A node that \`berth up\` starts needs none of this. Flags win over files, files over defaults. \`/etc/default/berth\` has
more flags for the daemons where systemd starts them: \`BERTHD_OPTIONS\` and \`KUBELET_OPTIONS\`.

## berthd: /etc/berth/config.yaml

Keep only what you change. Another file: \`--config FILE\`. Behind each setting are its default and what makes a change
take effect: a reload, which is SIGHUP (\`systemctl reload berthd\`), or a restart of berthd, which ends no container. A
wrong value is refused with its line and column; an unknown setting is ignored with a warning. \`berthd config default\`
prints all of this as a file, \`berthd config dump\` what berthd would run with.

${berthdList()}

Each entry of \`runtimes\` has \`path\`, \`args\`, \`podAnnotations\`, \`containerAnnotations\` and
\`privilegedWithoutHostDevices\`.

Flags of berthd win over the file:

${berthdFlagTable()}

Registries, mirrors and credentials have files of their own: [registries.md](registries.md). Networks, too:
[networking.md](networking.md).

## kubelet

The flags of the real kubelet with their meaning. A field is that of a KubeletConfiguration (\`--config FILE\`) which
does the same. What neither table has is refused by its name or, where only an API server gives it a meaning, ignored:
[LIMITS.md](../LIMITS.md). SIGHUP changes the detail of the log; the files of certificates are watched; the rest needs a
restart, which ends no pod.

${flagTables()}

### Fields of KubeletConfiguration without a flag

${markdownTable(['field', 'default', 'meaning'], fieldRows())}

## crictl: /etc/crictl.yaml

\`crictl config --list\` prints the options, \`crictl config --set NAME=VALUE\` changes one. Another file: \`--config FILE\`.

${markdownTable(['option', 'default', 'meaning'], crictlRows())}

${markdownTable(['variable', 'in place of', 'meaning'], variableRows())}
`;
}

if (import.meta.main) writeFileSync(join(root, 'docs/configuration.md'), configuration());
