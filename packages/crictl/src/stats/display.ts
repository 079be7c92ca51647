// How `stats`, `statsp` and `metricsp` show what they read: once, or with --watch again and again.

import { setTimeout } from 'node:timers/promises';
import type { MessageOf } from '@berth/cri/json/proto-json.ts';
import type { App } from '../app/app.ts';
import { type FlagValues, UsageError } from '../cli/flags.ts';
import { print } from '../output/print.ts';
import { formatTable } from '../output/table.ts';

const clearScreen = '\x1b[2J\x1b[H';
const watchPauseMs = 500;
const longestPauseSeconds = 2 ** 31 / 1000 - 1;

export const watchFlag = {
  type: 'boolean',
  aliases: ['w'],
  usage: 'Repeat until interrupted',
} as const;

/** Flags of the two tables of usage. */
export const sampleFlags = {
  label: { type: 'strings', usage: 'Only pods or containers with this key=value label' },
  output: { type: 'string', aliases: ['o'], usage: 'Output format: json, yaml or table' },
  seconds: {
    type: 'integer',
    aliases: ['s'],
    default: 1,
    usage: 'Seconds between the two samples that the CPU usage is computed from',
  },
  watch: watchFlag,
} as const;

/**
 * Runs `show` once, or with `watch` from half a second on until Ctrl-C, which is then no failure: each begins half a
 * second after the one before, or at its end when that is later.
 */
export async function display(
  { signal }: Pick<App, 'signal'>,
  watch: boolean,
  show: () => Promise<void>,
): Promise<void> {
  if (!watch) return show();
  try {
    for (let next = performance.now() + watchPauseMs; ; ) {
      await setTimeout(Math.max(0, next - performance.now()), undefined, { signal });
      next = Math.max(next + watchPauseMs, performance.now());
      await show();
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}

type SampleName = 'ListContainerStatsResponse' | 'ListPodSandboxStatsResponse';

/**
 * Shows what `read` reads, by its flags: one sample as json or yaml, or as a table of two with `--seconds` between
 * them (nothing when below 1), on a cleared screen, also in pipes.
 */
export async function displaySamples<Name extends SampleName>(
  app: App,
  flags: Omit<FlagValues<typeof sampleFlags>, 'label'>,
  samples: {
    message: Name;
    read: () => Promise<MessageOf<Name>>;
    rows: (before: MessageOf<Name>, now: MessageOf<Name>) => string[][];
  },
): Promise<void> {
  const { message, read, rows } = samples;
  const { output, seconds, watch } = flags;
  if (seconds > longestPauseSeconds) throw new UsageError('--seconds is too large');
  await display(app, watch, async () => {
    const first = await read();
    if (output === 'json' || output === 'yaml') {
      const { formatMessage } = await import('../output/message.ts');
      print(formatMessage(message, first, output));
      return;
    }
    if (seconds > 0) await setTimeout(seconds * 1000, undefined, { signal: app.signal });
    const table = formatTable(rows(first, await read()));
    print(clearScreen + table);
  });
}
