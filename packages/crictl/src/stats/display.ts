// The output of `stats`, `statsp` and `metricsp`, once or repeatedly with --watch.

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

/** Flags of `stats` and `statsp`. */
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
 * Runs `show` once, or with `watch` every half second, or back to back when it takes longer, until Ctrl-C, which is not
 * an error then.
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
 * Prints one sample of `read` as json or yaml, or a table of two samples that are `--seconds` apart (none when below
 * 1). Clears the screen for the table, also in pipes, as the real crictl does.
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
