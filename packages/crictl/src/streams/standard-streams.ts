// This end of a session: the standard streams of crictl, which several sessions may share.

import { spawnSync } from 'node:child_process';
import { on } from 'node:events';
import { PassThrough, type Readable } from 'node:stream';
import type { WriteStream } from 'node:tty';
import { errorStream, outputStream } from '../output/print.ts';
import { scanKeys } from './detach-keys.ts';
import { standardInput } from './standard-input.ts';

export class LocalEnds {
  #rawSessions = 0;
  #leaveRaw = () => {};
  #input: Readable | undefined;

  constructor() {
    // Each session listens to them.
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

  /** The same without the keys that detach; `detach` is called when they were typed. */
  keys(detach: () => void): Readable {
    const copy = new PassThrough({ readableHighWaterMark: 64 * 1024 });
    let typed = 0;
    const onData = (chunk: Buffer) => {
      const scan = scanKeys(chunk, typed);
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

  /** The size of the terminal now and whenever it changes; nothing when neither output is one. */
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
   * Has the terminal hand on every key, until the answer is disposed of or the process ends. `interrupt` is called
   * for the signals that would otherwise end it in this state.
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
    // Node.js leaves output processing on, which would move the cursor of a program that draws by line feeds to
    // the first column. It restores all that it found; without stty the screen is only less faithful.
    spawnSync('stty', ['-opost'], { stdio: ['inherit', 'ignore', 'ignore'] });
    this.#leaveRaw = () => {
      process.off('exit', restore);
      restore();
    };
  }

  /** Takes no more input, which would keep the process alive. */
  close(): void {
    process.stdin.destroy();
    this.#input?.destroy();
  }
}

const sizeOf = ({ columns, rows }: WriteStream) => ({ width: columns, height: rows });
