import type { PodSandbox } from '@berth/cri/generated/api.ts';
import { defineCommand } from '../app/command.ts';
import { within } from '../errors/within.ts';
import { parseLabels } from '../filters/labels.ts';
import { listPods, podFilterFlags } from '../filters/pods.ts';
import { ago, truncateId } from '../output/human.ts';
import { mapLines } from '../output/maps.ts';
import { print } from '../output/print.ts';
import { podStateName } from '../output/state-names.ts';
import { formatTable } from '../output/table.ts';
import { goTime } from '../output/time.ts';

export const pods = defineCommand({
  flags: {
    ...podFilterFlags,
    id: { type: 'string', usage: 'Only the pod with this id or name' },
    verbose: { type: 'boolean', aliases: ['v'], usage: 'Verbose output, one field per line' },
    quiet: { type: 'boolean', aliases: ['q'], usage: 'Print only ids' },
    output: { type: 'string', aliases: ['o'], default: 'table', usage: 'Output format: json, yaml or table' },
    'no-trunc': { type: 'boolean', usage: 'Do not truncate ids' },
  },
  async run({ app, flags, args: words }) {
    const labels = parseLabels(flags.label);
    const items = await within('listing pod sandboxes: list pod sandboxes', () =>
      listPods(app, { ...flags, labels, words }),
    );
    if (flags.output !== 'table') {
      const { formatMessage } = await import('../output/message.ts');
      const text = await within('listing pod sandboxes', () =>
        formatMessage('ListPodSandboxResponse', { items }, flags.output),
      );
      print(text);
    } else if (flags.quiet) {
      print(items.map(({ id }) => `${id}\n`).join(''));
    } else if (flags.verbose) {
      print(items.map(verboseLines).join(''));
    } else {
      print(formatTable([header, ...items.map((pod) => row(pod, flags['no-trunc']))]));
    }
  },
});

const header = ['POD ID', 'CREATED', 'STATE', 'NAME', 'NAMESPACE', 'ATTEMPT', 'RUNTIME'];

function row(pod: PodSandbox, whole: boolean): string[] {
  return [
    whole ? pod.id : truncateId(pod.id),
    ago(pod.createdAt),
    podStateName(pod.state),
    pod.metadata?.name ?? '',
    pod.metadata?.namespace ?? '',
    String(pod.metadata?.attempt ?? 0),
    pod.runtimeHandler || '(default)',
  ];
}

function verboseLines({
  id,
  metadata,
  state,
  createdAt,
  labels,
  annotations,
  runtimeHandler,
}: PodSandbox): string {
  const lines = [`ID: ${id}`];
  if (metadata) {
    if (metadata.name !== '') lines.push(`Name: ${metadata.name}`);
    if (metadata.uid !== '') lines.push(`UID: ${metadata.uid}`);
    if (metadata.namespace !== '') lines.push(`Namespace: ${metadata.namespace}`);
    if (metadata.attempt !== 0) lines.push(`Attempt: ${metadata.attempt}`);
  }
  lines.push(`Status: ${podStateName(state)}`, `Created: ${goTime(createdAt)}`);
  lines.push(...mapLines('Labels', labels), ...mapLines('Annotations', annotations));
  lines.push(`Runtime: ${runtimeHandler || '(default)'}`);
  return `${lines.join('\n')}\n\n`;
}
