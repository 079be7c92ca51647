import { defineCommand } from '../app/command.ts';
import { within } from '../errors/within.ts';
import { parseLabels } from '../filters/labels.ts';
import { containerId, podId } from '../lookup/ids.ts';
import { displaySamples, sampleFlags } from '../stats/display.ts';
import { byId, containerTable } from '../stats/table.ts';

export const stats = defineCommand({
  argsUsage: '[ID]',
  flags: {
    ...sampleFlags,
    all: { type: 'boolean', aliases: ['a'], usage: 'Include containers that are not running' },
    id: { type: 'string', usage: 'Only the container with this id' },
    pod: { type: 'string', aliases: ['p'], usage: 'Only containers of the pod with this id' },
  },
  async run({ app, flags, args, showHelp }) {
    if (args.length > 1) return showHelp();
    const runtime = await app.runtime();
    const labelSelector = parseLabels(flags.label);
    const id = flags.id || args[0] || '';
    await within('get container stats', async () => {
      const filter = {
        id: id && (await containerId(app, id)),
        podSandboxId: flags.pod && (await podId(app, flags.pod)),
        labelSelector,
      };
      await displaySamples(app, flags, {
        message: 'ListContainerStatsResponse',
        read: async () => byId(await runtime.listContainerStats({ filter }, app.call())),
        rows: (before, now) => containerTable(before.stats, now.stats, flags),
      });
    });
  },
});
