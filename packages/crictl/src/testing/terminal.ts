// A real terminal for tests: tmux, of any size.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { until } from '@berth/test-support/until.ts';

let terminals = 0;

export class Terminal implements Disposable {
  readonly #socket: string;

  /** Runs a line of shell in a terminal of so many cells; what it leaves stays to be seen. `dir` takes tmux's socket. */
  constructor(dir: string, { columns, rows }: { columns: number; rows: number }, command: string) {
    // A server that is ending would still take a new session.
    terminals += 1;
    this.#socket = join(dir, `tmux${terminals}`);
    const size = ['-x', String(columns), '-y', String(rows)];
    this.#tmux('new-session', '-d', ...size, `export LANG=C.UTF-8; ${command}; sleep 60`);
  }

  /** The text on the screen, with colours as `ESC[36m` when asked for. */
  screen(options: { coloured?: boolean } = {}): string {
    const text = this.#tmux('capture-pane', '-p', ...(options.coloured === true ? ['-e'] : []));
    return text.replaceAll('\x1b', 'ESC');
  }

  /** Types keys by tmux's names, such as `q` and `C-c`. */
  type(...keys: string[]): void {
    this.#tmux('send-keys', ...keys);
  }

  resize(columns: number, rows: number): void {
    this.#tmux('resize-window', '-x', String(columns), '-y', String(rows));
  }

  /** Waits until the screen fits `text`, and gives it back. */
  async shows(text: RegExp): Promise<string> {
    await until(
      `the screen shows ${text}`,
      () => text.test(this.screen()),
      () => this.screen(),
    );
    return this.screen();
  }

  [Symbol.dispose](): void {
    this.#tmux('kill-server');
  }

  #tmux(...args: string[]): string {
    return spawnSync('tmux', ['-S', this.#socket, '-f', '/dev/null', ...args], { encoding: 'utf8' }).stdout;
  }
}
