// Writes what Berth does not do yet into README.md, in short, and LIMITS.md, field by field, from the tables that the
// kubelet is tested with; limits.test.ts fails when they are out of date. usage: npm run limits
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { unsupportedFlags } from '../packages/kubelet/src/options/unsupported-flags.ts';
import { unsupportedSettings } from '../packages/kubelet/src/options/unsupported-settings.ts';
import { type Fate, places } from '../packages/kubelet/src/testing/pod-field-fates.ts';

const root = dirname(import.meta.dirname);
const begin = '<!-- Written by npm run limits -->';
const end = '<!-- End of what npm run limits writes -->';

/** How the README calls what is missing: a topic, and the fields and flags that are it. What has gone is left out. */
const topics: readonly { title: string; is: RegExp }[] = [
  { title: 'CPU, memory and topology managers', is: /^--(cpu|memory|topology)-manager-policy$/ },
  { title: 'feature gates', is: /^--feature-gates$/ },
];

/** The fields with this fate. What is refused of ephemeral containers, the API server refuses as well. */
const fieldsOf = (fate: Fate['fate']): string[] =>
  Object.entries(places).flatMap(([type, { fields }]) =>
    Object.entries(type === 'EphemeralContainer' ? {} : fields).flatMap(([name, field]) =>
      // What Kubernetes itself refuses is no limit of Berth.
      field.fate === fate && !('told' in field) ? [`${type}.${name}`] : [],
    ),
  );

/** The section of the README. */
function section(): string {
  const missing = [...fieldsOf('refused'), ...Object.keys(unsupportedFlags).map((name) => `--${name}`)];
  const titles = topics.filter(({ is }) => missing.some((name) => is.test(name))).map(({ title }) => title);
  return `## What it does not do yet

${wrapped(`The kubelet runs static pods, and joins a cluster by \`--kubeconfig\` or \`--bootstrap-kubeconfig\`; that is new: of the 432 specs of Kubernetes' node suite all but seven have passed, with crun and with runc on berthd. Not yet: ${titles.join(' · ')}.`)}
Such a field, flag or setting is refused by its name, so that nothing runs with half of what it asked for.
[LIMITS.md](LIMITS.md) lists every one of them.
`;
}

function wrapped(text: string): string {
  return text.replaceAll(/(?=.{119})(.{1,118}) /g, '$1\n');
}

/** LIMITS.md as it should be. */
export function limits(): string {
  const byType = (names: readonly string[]): string =>
    [...Map.groupBy(names, (name) => name.split('.')[0] ?? '')]
      .map(
        ([type, all]) =>
          `- **${type}**: ${all.map((name) => `\`${name.slice(type.length + 1)}\``).join(', ')}`,
      )
      .join('\n');
  const list = (names: readonly string[]): string => names.map((name) => `\`${name}\``).join(', ');
  const flags = Object.keys(unsupportedFlags);
  const settings = Object.keys(unsupportedSettings);
  return `# What Berth does not do yet

${begin}

berthd serves every call of the CRI, and crictl has every command of the real one. This is about the kubelet.

## Fields of a pod that are refused

A pod with one of them does not run; the log, \`berth status\` and \`/rejected\` name the field. This is about pods of
manifests: one of an API server may have a service account, tokens of it, \`clusterTrustBundle\`, \`podCertificate\`,
resource claims, and volumes of kind \`persistentVolumeClaim\`, \`ephemeral\` and \`csi\`, the first two also as
\`volumeDevices\`. Its persistent volumes are \`csi\` and \`local\` with either volumeMode, \`iscsi\`, \`hostPath\`
and \`nfs\` with \`Filesystem\`.

${byType(fieldsOf('refused'))}

## Fields of a pod that are ignored

The real kubelet does nothing with them either on a node without an API server. The pod runs, and the log says so;
\`berth up\` makes errors of them, unless \`--validate=warn\` or \`ignore\`.

${byType(fieldsOf('ignored'))}

So are host ports of init containers, and fields that Kubernetes does not know.

## Flags

A flag may be given with the value that describes what happens anyway; another value is refused.

${list(flags.map((name) => `--${name}`))}

## Fields of KubeletConfiguration

As with flags. An unknown field is ignored, and told.

${list(settings)}
`;
}

/** The text of a README with the section as it should be. */
export function withSection(readme: string): string {
  const [before, rest] = [readme.split(begin)[0] ?? '', readme.split(end)[1]];
  if (rest === undefined) throw new Error(`README.md has no ${begin} and ${end} to write between`);
  return `${before}${begin}\n\n${section()}\n${end}${rest}`;
}

if (import.meta.main) {
  const readme = join(root, 'README.md');
  writeFileSync(readme, withSection(readFileSync(readme, 'utf8')));
  writeFileSync(join(root, 'LIMITS.md'), limits());
}
