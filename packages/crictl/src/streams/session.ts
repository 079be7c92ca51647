// An exec or attach session: connects this process's standard streams to a process in a container.

import { remoteCommand } from '@berth/streaming/client/remote-command.ts';
import type { App } from '../app/app.ts';
import { within } from '../errors/within.ts';
import { errorStream, outputStream } from '../output/print.ts';
import { detachKeys } from './detach-keys.ts';
import { dialing, type TlsFiles } from './flags.ts';
import { StandardStreams } from './standard-streams.ts';
import { streamingUrl } from './url.ts';

/** The remote process ended with another exit code than 0. */
export class RemoteExitError extends Error {
  override readonly name = 'RemoteExitError';
  readonly exitCode: number;

  constructor(exitCode: number) {
    super(`command terminated with exit code ${exitCode}`);
    this.exitCode = exitCode;
  }
}

export interface SessionOptions {
  interactive: boolean;
  tty: boolean;
  /** The keys that detach a terminal; empty: none do. */
  detachKeys?: Buffer;
  transport: string;
  tls: TlsFiles;
}

/** Sessions of one crictl, with one container or several at once. */
export class Sessions {
  readonly #app: App;
  readonly #options: SessionOptions;
  readonly #streams = new StandardStreams();

  constructor(app: App, options: SessionOptions) {
    this.#app = app;
    this.#options = options;
  }

  /**
   * Streams to the URL that the runtime returned. Resolves when the remote process exited with 0 or the user typed
   * the detach keys; rejects otherwise, with RemoteExitError for another exit code.
   */
  async run(returnedUrl: string): Promise<void> {
    const { interactive, tty, transport, tls } = this.#options;
    const { signal } = this.#app;
    const url = streamingUrl(returnedUrl);
    this.#app.logger.debug(`Streaming from ${url}`);
    const doing = { websocket: 'error creating websocket transports' };
    const dial = { url, ...(await within('get executor', () => dialing(transport, tls, doing))) };
    if (tty) {
      if (!interactive) throw new Error('tty=true must be specified with interactive=true');
      if (!this.#streams.inputIsTerminal) throw new Error('input is not a terminal');
      await this.#runOnTerminal(dial);
      return;
    }
    const [stdout, stderr] = [outputStream(), errorStream()];
    const input = interactive ? { stdin: this.#streams.input() } : {};
    succeeded(await remoteCommand({ ...dial, ...input, stdout, stderr, tty: false, signal }));
  }

  async #runOnTerminal(dial: { url: string }): Promise<void> {
    const stdout = outputStream();
    const over = new AbortController();
    const signal = AbortSignal.any([this.#app.signal, over.signal]);
    let detached = false;
    const keys = this.#options.detachKeys ?? detachKeys;
    const stdin = this.#streams.keys(keys, () => {
      detached = true;
      over.abort();
    });
    using _raw = this.#streams.raw(() => over.abort(new Error('interrupted: context canceled')));
    let outcome = { exitCode: 0 };
    try {
      const resize = this.#streams.sizes(signal);
      outcome = await remoteCommand({ ...dial, stdin, stdout, resize, tty: true, signal });
    } catch (error) {
      // The cursor is where the remote process left it: start a new line.
      stdout.write('\r\n');
      if (!detached) throw error;
    } finally {
      over.abort();
    }
    succeeded(outcome);
  }

  /** Closes the input, which would keep the process alive. */
  close(): void {
    this.#streams.close();
    // After Ctrl-C, do not wait for a reader that no longer reads our output.
    if (this.#app.signal.aborted) setTimeout(() => process.exit(1), 200).unref();
  }
}

function succeeded({ exitCode }: { exitCode: number }): void {
  if (exitCode !== 0) throw new RemoteExitError(exitCode);
}
