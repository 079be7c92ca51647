// Runs the live screen on a terminal: reads keys, draws frames, and restores the terminal on every exit.

import { setTimeout } from 'node:timers/promises';
import { describeError } from '../errors/describe.ts';
import { outputStream } from '../output/print.ts';
import { firstScreen, onKey, render, type Screen, splitKeys } from './screen.ts';
import { rowsOf, type Usage } from './usage.ts';

const enter = '\x1b[?1049h\x1b[?25l';
const leave = '\x1b[?25h\x1b[?1049l';

/** Shows pods and containers until q, Ctrl-C or a signal. Throws the error of the first reading. */
export async function showLive(
  read: () => Promise<Usage[]>,
  { delayMs, coloured, signal }: { delayMs: number; coloured: boolean; signal: AbortSignal },
): Promise<void> {
  const { stdin } = process;
  const stdout = outputStream();
  let screen: Screen = { ...firstScreen, rows: rowsOf([], await read()), nowMs: Date.now() };
  const ended = new AbortController();
  const end = () => ended.abort();
  const size = () => ({ columns: stdout.columns || 80, lines: stdout.rows || 24 });
  const draw = () => {
    if (ended.signal.aborted) return;
    const lines = render(screen, size());
    const shown = lines.map((line, index) => (index === 1 && coloured ? `\x1b[7m${line}\x1b[0m` : line));
    stdout.write(`\x1b[H${shown.map((line) => `${line}\x1b[K`).join('\r\n')}`);
  };
  const onData = (chunk: Buffer) => {
    for (const key of splitKeys(chunk.toString())) screen = onKey(screen, key, size());
    if (screen.quit) end();
    else draw();
  };
  const restore = () => {
    stdout.write(leave);
    if (stdin.isTTY) stdin.setRawMode(false);
  };
  signal.addEventListener('abort', end, { once: true });
  if (signal.aborted) end();
  process.once('exit', restore);
  process.on('SIGHUP', end);
  stdout.on('resize', draw);
  stdin.on('data', onData).on('end', end).on('error', end);
  stdin.setRawMode(true);
  stdout.write(enter);
  try {
    draw();
    // Read again early: rates need two readings.
    for (let wait = Math.min(delayMs, 1000); !ended.signal.aborted; wait = delayMs) {
      await setTimeout(wait, undefined, { signal: ended.signal });
      try {
        const rows = rowsOf(screen.rows, await read());
        screen = { ...screen, rows, problem: '', nowMs: Date.now() };
      } catch (error) {
        screen = { ...screen, problem: describeError(error), nowMs: Date.now() };
      }
      draw();
    }
  } catch (error) {
    if (!ended.signal.aborted) throw error;
  } finally {
    process.removeListener('exit', restore);
    restore();
    stdin.destroy();
  }
}
