// `crictl statsp`: CPU and memory usage of pods. stats.ts does the same for containers.
import { defineCommand } from '../app/command.ts';
import { within } from '../errors/within.ts';
import { parseLabels } from '../filters/labels.ts';
import { podId } from '../lookup/ids.ts';
import { displaySamples, sampleFlags } from '../stats/display.ts';
import { byId, podTable } from '../stats/table.ts';

export const statsp = defineCommand({
  argsUsage: '[ID]',
  flags: {
    ...sampleFlags,
    id: { type: 'string', usage: 'Only the pod with this id' },
  },
  async run({ app, flags, args, showHelp }) {
    if (args.length > 1) return showHelp();
    const runtime = await app.runtime();
    const labelSelector = await within('parse pod labels', () => parseLabels(flags.label));
    const id = flags.id || args[0] || '';
    await within('get pod stats', async () => {
      const filter = { id: id && (await podId(app, id)), labelSelector };
      const read = async () => byId(await runtime.listPodSandboxStats({ filter }, app.call()));
      await displaySamples(app, flags, {
        message: 'ListPodSandboxStatsResponse',
        read: () => within('list pod sandbox stats', read),
        rows: (before, now) => podTable(before.stats, now.stats),
      });
    });
  },
});
