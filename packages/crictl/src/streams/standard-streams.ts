// The standard input, output and error of this process, as exec and attach sessions use them: several may share them.

import { spawnSync } from 'node:child_process';
import { on } from 'node:events';
import { PassThrough, type Readable } from 'node:stream';
import type { WriteStream } from 'node:tty';
import { errorStream, outputStream } from '../output/print.ts';
import { scanKeys } from './detach-keys.ts';
import { standardInput } from './standard-input.ts';

export class StandardStreams {
  #rawSessions = 0;
  #leaveRaw = () => {};
  #input: Readable | undefined;

  constructor() {
    // Each session adds listeners, and there may be many sessions.
    for (const shared of [process.stdin, outputStream(), errorStream()]) shared.setMaxListeners(0);
  }

  get inputIsTerminal(): boolean {
    return process.stdin.isTTY === true;
  }

  /** A copy of the input for one session. */
  input(): Readable {
    this.#input ??= standardInput().setMaxListeners(0);
    const copy = new PassThrough();
    this.#input.once('error', () => copy.end());
    return this.#input.pipe(copy);
  }

  /** As `input`, without the detach keys; calls `detach` when they were typed. There are none when `keys` is empty. */
  keys(keys: Buffer, detach: () => void): Readable {
    const copy = new PassThrough({ readableHighWaterMark: 64 * 1024 });
    let typed = 0;
    const onData = (chunk: Buffer) => {
      const scan = scanKeys(chunk, typed, keys);
      typed = scan.typed;
      if (scan.pass.length > 0 && !copy.write(scan.pass)) {
        process.stdin.pause();
        copy.once('drain', () => process.stdin.resume());
      }
      if (!scan.detached) return;
      process.stdin.off('data', onData);
      detach();
    };
    process.stdin.on('data', onData);
    for (const end of ['end', 'error']) process.stdin.once(end, () => copy.end());
    copy.once('close', () => process.stdin.off('data', onData));
    return copy;
  }

  /** The terminal's size, now and on each SIGWINCH; ends at once when neither output is a terminal. */
  async *sizes(signal: AbortSignal): AsyncGenerator<{ width: number; height: number }, void, undefined> {
    const terminal = [outputStream(), errorStream()].find(({ isTTY }) => isTTY);
    if (terminal === undefined) return;
    yield sizeOf(terminal);
    try {
      for await (const _ of on(terminal, 'resize', { signal })) yield sizeOf(terminal);
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  }

  /**
   * Sets the terminal to raw mode until the result is disposed of or the process exits. `interrupt` is called for
   * SIGHUP and SIGQUIT, which would otherwise end the process and leave the terminal raw.
   */
  raw(interrupt: () => void): Disposable {
    if (this.#rawSessions++ === 0) this.#enterRaw();
    process.on('SIGHUP', interrupt).on('SIGQUIT', interrupt);
    return {
      [Symbol.dispose]: () => {
        process.off('SIGHUP', interrupt).off('SIGQUIT', interrupt);
        if (--this.#rawSessions === 0) this.#leaveRaw();
      },
    };
  }

  #enterRaw(): void {
    const restore = () => process.stdin.setRawMode(false);
    process.once('exit', restore);
    process.stdin.setRawMode(true);
    // Node.js leaves OPOST on, which turns the line feeds of a full-screen program into CR LF. setRawMode(false)
    // restores it; without stty the screen is only less faithful.
    spawnSync('stty', ['-opost'], { stdio: ['inherit', 'ignore', 'ignore'] });
    this.#leaveRaw = () => {
      process.off('exit', restore);
      restore();
    };
  }

  /** Closes the input, which would keep the process alive. */
  close(): void {
    process.stdin.destroy();
    this.#input?.destroy();
  }
}

const sizeOf = ({ columns, rows }: WriteStream) => ({ width: columns, height: rows });
