import type { Container } from '@berth/cri/generated/api.ts';
import type { App } from '../app/app.ts';
import { defineCommand } from '../app/command.ts';
import { within } from '../errors/within.ts';
import { containerFilterFlags, listContainers, podNameOf, podNamespaceOf } from '../filters/containers.ts';
import { parseLabels } from '../filters/labels.ts';
import { ago, truncateId } from '../output/human.ts';
import { mapLines } from '../output/maps.ts';
import { print } from '../output/print.ts';
import { stateName } from '../output/state-names.ts';
import { formatTable } from '../output/table.ts';

export const ps = defineCommand({
  flags: {
    ...containerFilterFlags,
    id: { type: 'string', usage: 'Only the container with this id or name' },
    verbose: { type: 'boolean', aliases: ['v'], usage: 'Verbose output, one field per line' },
    quiet: { type: 'boolean', aliases: ['q'], usage: 'Print only ids' },
    output: { type: 'string', aliases: ['o'], default: 'table', usage: 'Output format: json, yaml or table' },
    'no-trunc': { type: 'boolean', usage: 'Do not truncate ids' },
    'resolve-image-path': { type: 'boolean', aliases: ['r'], usage: 'Print image names instead of ids' },
  },
  async run({ app, flags, args: words }) {
    const labels = parseLabels(flags.label);
    const containers = await within('listing containers: list containers', () =>
      listContainers(app, { ...flags, labels, words }),
    );
    if (flags.output !== 'table') {
      const { formatMessage } = await import('../output/message.ts');
      const text = await within('listing containers', () =>
        formatMessage('ListContainersResponse', { containers }, flags.output),
      );
      print(text);
    } else if (flags.quiet) {
      print(containers.map(({ id }) => `${id}\n`).join(''));
    } else if (flags.verbose) {
      print(containers.map(verboseLines).join(''));
    } else {
      const rows = containers.map((container) => row(container, flags['no-trunc']));
      if (flags['resolve-image-path']) await resolveImages(app, rows);
      print(formatTable([header, ...rows]));
    }
  },
});

const header = ['CONTAINER', 'IMAGE', 'CREATED', 'STATE', 'NAME', 'ATTEMPT', 'POD ID', 'POD', 'NAMESPACE'];
const imageColumn = 1;

/** Pure but for the age: one row of the table. */
function row(container: Container, whole: boolean): string[] {
  const { id, podSandboxId, createdAt, state, metadata, labels } = container;
  const image = container.image?.image ?? '';
  const digest = /^[a-z0-9]+(?:[+._-][a-z0-9]+)*:[0-9a-f]{32,}$/.test(image);
  return [
    whole ? id : truncateId(id),
    whole || !digest ? image : truncateId(image.slice(image.indexOf(':') + 1)),
    ago(createdAt),
    stateName(state),
    metadata?.name ?? '',
    String(metadata?.attempt ?? 0),
    whole ? podSandboxId : truncateId(podSandboxId),
    podNameOf(labels),
    podNamespaceOf(labels),
  ];
}

async function resolveImages(app: App, rows: string[][]): Promise<void> {
  const images = await app.image();
  for (const cells of rows) {
    const image = cells[imageColumn] ?? '';
    const answer = await within('listing containers: failed to fetch repo image', () =>
      images.imageStatus({ image: { image } }, app.call()),
    );
    cells[imageColumn] = answer.image?.repoTags[0] ?? image;
  }
}

function verboseLines(container: Container): string {
  const { id, podSandboxId, metadata, state, image, createdAt, labels, annotations } = container;
  const lines = [`ID: ${id}`, `PodID: ${podSandboxId}`, `Namespace: ${podNamespaceOf(labels)}`];
  if (metadata) {
    if (metadata.name !== '') lines.push(`Name: ${metadata.name}`);
    lines.push(`Attempt: ${metadata.attempt}`);
  }
  lines.push(`State: ${stateName(state)}`);
  if (image) lines.push(`Image: ${image.image}`);
  lines.push(
    `Created: ${ago(createdAt)}`,
    ...mapLines('Labels', labels),
    ...mapLines('Annotations', annotations),
  );
  return `${lines.join('\n')}\n\n`;
}
