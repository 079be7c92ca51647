// `crictl top`: chooses between the live screen (top/terminal.ts) and tables in a pipe.
import { defineCommand } from '../app/command.ts';
import { UsageError } from '../cli/flags.ts';
import { showUsage } from '../top/show.ts';

export const top = defineCommand({
  description:
    'Keys: q quit, t pods or containers, / filter, R reverse, arrows and pages scroll; sort by c CPU, m memory, ' +
    'n network, r restarts, p pids, a age, i name.',
  flags: {
    once: { type: 'boolean', usage: 'Print one table and exit (the default in a pipe)' },
    batch: { type: 'boolean', aliases: ['b'], usage: 'Print tables instead of a live screen' },
    iterations: { type: 'integer', aliases: ['n'], default: 1, usage: 'Tables to print with --batch' },
    delay: { type: 'duration', aliases: ['d'], default: 2000, usage: 'Time between samples' },
    containers: { type: 'boolean', aliases: ['c'], usage: 'Print containers instead of pods in tables' },
  },
  async run({ app, flags, args, showHelp }) {
    if (args.length > 0) return showHelp();
    if (flags.delay < 100) throw new UsageError('--delay must be at least 100ms');
    if (flags.iterations < 1) throw new UsageError('--iterations must be at least 1');
    const { once, batch, iterations, delay: delayMs, containers } = flags;
    await showUsage(app, { once, batch, iterations, delayMs, kind: containers ? 'container' : 'pod' });
  },
});
