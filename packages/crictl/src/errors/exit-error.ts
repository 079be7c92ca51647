// Ends of the process that are told in a form of their own.

/** Ends the process with `exitCode` after printing the message bare, without the logger's frame. */
export class ExitError extends Error {
  override readonly name = 'ExitError';
  readonly exitCode: number;

  constructor(message: string, exitCode: number) {
    super(message);
    this.exitCode = exitCode;
  }
}

/** An end in the form of Go's own logger, which the real crictl uses for a few mistakes. */
export function plainFatal(message: string): ExitError {
  const now = new Date();
  const local = new Date(now.getTime() - now.getTimezoneOffset() * 60_000).toISOString();
  return new ExitError(`${local.slice(0, 10).replaceAll('-', '/')} ${local.slice(11, 19)} ${message}`, 1);
}
