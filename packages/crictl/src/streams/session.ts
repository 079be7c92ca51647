// Exec and attach: this process' standard streams connected with those of commands in containers.

import { remoteCommand } from '@berth/streaming/client/remote-command.ts';
import type { App } from '../app/app.ts';
import { within } from '../errors/describe.ts';
import { errorStream, outputStream } from '../output/print.ts';
import { dialing, type TlsFiles } from './flags.ts';
import { LocalEnds } from './standard-streams.ts';
import { streamingUrl } from './url.ts';

export interface SessionOptions {
  interactive: boolean;
  tty: boolean;
  transport: string;
  tls: TlsFiles;
}

/** Sessions of one crictl, with one container or several at once. */
export class Sessions {
  readonly #app: App;
  readonly #options: SessionOptions;
  readonly #ends = new LocalEnds();

  constructor(app: App, options: SessionOptions) {
    this.#app = app;
    this.#options = options;
  }

  /**
   * Streams with what stands behind the URL that the runtime answered with. Resolves when the remote side has ended
   * well or the detach keys were typed; else rejects.
   */
  async run(answered: string): Promise<void> {
    const { interactive, tty, transport, tls } = this.#options;
    const { signal } = this.#app;
    const url = streamingUrl(answered);
    this.#app.logger.debug(`Streaming from ${url}`);
    const doing = { websocket: 'error creating websocket transports' };
    const dial = { url, ...(await within('get executor', () => dialing(transport, tls, doing))) };
    if (tty) {
      if (!interactive) throw new Error('tty=true must be specified with interactive=true');
      if (!this.#ends.inputIsTerminal) throw new Error('input is not a terminal');
      await this.#runOnTerminal(dial);
      return;
    }
    const [stdout, stderr] = [outputStream(), errorStream()];
    const input = interactive ? { stdin: this.#ends.input() } : {};
    succeeded(await remoteCommand({ ...dial, ...input, stdout, stderr, tty: false, signal }));
  }

  async #runOnTerminal(dial: { url: string }): Promise<void> {
    const stdout = outputStream();
    const over = new AbortController();
    const signal = AbortSignal.any([this.#app.signal, over.signal]);
    let detached = false;
    const stdin = this.#ends.keys(() => {
      detached = true;
      over.abort();
    });
    using _raw = this.#ends.raw(() => over.abort(new Error('interrupted: context canceled')));
    let outcome = { exitCode: 0 };
    try {
      const resize = this.#ends.sizes(signal);
      outcome = await remoteCommand({ ...dial, stdin, stdout, resize, tty: true, signal });
    } catch (error) {
      // The remote side has left the cursor somewhere in its line.
      stdout.write('\r\n');
      if (!detached) throw error;
    } finally {
      over.abort();
    }
    succeeded(outcome);
  }

  /** Takes no more input, which would keep the process alive. */
  close(): void {
    this.#ends.close();
    // After Ctrl-C a reader that has stopped to read our output is not waited for either.
    if (this.#app.signal.aborted) setTimeout(() => process.exit(1), 200).unref();
  }
}

function succeeded({ exitCode }: { exitCode: number }): void {
  if (exitCode !== 0) throw new Error(`command terminated with exit code ${exitCode}`);
}
