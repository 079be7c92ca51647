// Shows resource usage: the live screen (terminal.ts) on a terminal, tables in a pipe.
import { setTimeout } from 'node:timers/promises';
import type { App } from '../app/app.ts';
import { isTerminal, outputStream, print } from '../output/print.ts';
import { readUsage } from './read.ts';
import { firstScreen, table, visibleRows } from './screen.ts';
import { rowsOf, type Usage } from './usage.ts';

export interface ShowOptions {
  /** One table, also on a terminal. */
  once: boolean;
  /** Tables, also on a terminal. */
  batch: boolean;
  /** How many tables. */
  iterations: number;
  delayMs: number;
  /** What tables have. */
  kind: 'pod' | 'container';
  /** How an item is called; default: by its full name. */
  nameOf?: (usage: Usage) => string;
}

export async function showUsage(app: App, options: ShowOptions): Promise<void> {
  const { once, batch, iterations, delayMs, kind, nameOf = ({ name }) => name } = options;
  const read = async () => (await readUsage(app)).map((usage) => ({ ...usage, name: nameOf(usage) }));
  const { TERM: terminal = 'dumb', NO_COLOR: noColour = '' } = process.env;
  const isLive = process.stdin.isTTY && isTerminal(1) && terminal !== 'dumb';
  if (isLive && !once && !batch) {
    const { showLive } = await import('./terminal.ts');
    return showLive(read, { delayMs, coloured: noColour === '', signal: app.signal });
  }
  let rows = rowsOf([], await read());
  for (let round = 0; round < (once ? 1 : iterations); round++) {
    await setTimeout(delayMs, undefined, { signal: app.signal });
    rows = rowsOf(rows, await read());
    const screen = { ...firstScreen, rows, kind, nowMs: Date.now() } as const;
    const lines = table(screen, visibleRows(screen), outputStream().columns || 120);
    print(`${round > 0 ? '\n' : ''}${lines.map((line) => `${line}\n`).join('')}`);
  }
}
