// Errors that say what was being done, as Go wraps them: `get container: rpc error: …`.
import { describeError } from './describe.ts';
import { ExitError } from './exit-error.ts';

/** An error of the whole command: `within` puts no context in front of it. */
export class Unwrapped extends Error {
  override readonly name = 'Unwrapped';
}

/** No endpoint was given, and no default socket accepts connections. */
export class NoRuntimeError extends Unwrapped {}

/** The error of a command as it is printed, and a hint about what to do. */
export class HintedError extends Error {
  override readonly name = 'HintedError';
  readonly hint: string | undefined;

  constructor(message: string, hint: string | undefined, options: ErrorOptions) {
    super(message, options);
    this.hint = hint;
  }
}

/** Runs `work`; puts `doing` in front of the text of its error. */
export async function within<Result>(doing: string, work: () => Result | Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof ExitError || error instanceof Unwrapped) throw error;
    throw new Error(`${doing}: ${describeError(error)}`, { cause: error });
  }
}

/** Runs all works concurrently; when some fail, throws one error with a line for each. */
export async function allSettled(works: readonly (() => Promise<void>)[]): Promise<void> {
  const outcomes = await Promise.allSettled(works.map((work) => work()));
  const failures = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason] : []));
  if (failures.length === 1) throw failures[0];
  if (failures.length > 1) throw new Error(failures.map(describeError).join('\n'));
}
