// Ctrl-C while a command waits.
import { UserError } from '../errors/user-error.ts';

/** SIGINT, or SIGTERM, has ended a command; what goes on is in the message. */
export class InterruptedError extends UserError {
  /** 128 and the signal's number, as shells have it. */
  readonly exitCode: number;

  constructor(exitCode: number, message = 'interrupted') {
    super(message);
    this.exitCode = exitCode;
  }
}

const exitCodes = { SIGINT: 130, SIGTERM: 143 } as const;

/** Turns SIGINT and SIGTERM into an aborted signal until it is disposed of. */
export class Interruption implements Disposable {
  readonly #abort = new AbortController();
  readonly signal = this.#abort.signal;
  readonly #onSignal = (signal: 'SIGINT' | 'SIGTERM') =>
    this.#abort.abort(new InterruptedError(exitCodes[signal]));

  constructor() {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, this.#onSignal);
  }

  [Symbol.dispose](): void {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.off(signal, this.#onSignal);
  }
}
