// `crictl top`: chooses between the live screen (top/terminal.ts) and tables in a pipe.
import { setTimeout } from 'node:timers/promises';
import { defineCommand } from '../app/command.ts';
import { UsageError } from '../cli/flags.ts';
import { isTerminal, outputStream, print } from '../output/print.ts';
import { readUsage } from '../top/read.ts';
import { firstScreen, table, visibleRows } from '../top/screen.ts';
import { rowsOf } from '../top/usage.ts';

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
    const { TERM: terminal = 'dumb', NO_COLOR: noColour = '' } = process.env;
    const isLive = process.stdin.isTTY && isTerminal(1) && terminal !== 'dumb';
    if (isLive && !flags.once && !flags.batch) {
      const { showLive } = await import('../top/terminal.ts');
      return showLive(app, flags.delay, noColour === '');
    }
    const kind = flags.containers ? 'container' : 'pod';
    let rows = rowsOf([], await readUsage(app));
    for (let round = 0; round < (flags.once ? 1 : flags.iterations); round++) {
      await setTimeout(flags.delay, undefined, { signal: app.signal });
      rows = rowsOf(rows, await readUsage(app));
      const screen = { ...firstScreen, rows, kind, nowMs: Date.now() } as const;
      const lines = table(screen, visibleRows(screen), outputStream().columns || 120);
      print(`${round > 0 ? '\n' : ''}${lines.map((line) => `${line}\n`).join('')}`);
    }
  },
});
