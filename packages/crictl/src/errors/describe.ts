// Errors in the words of the real crictl: a chain of what was being done, then the gRPC status.
import { CriError, type GrpcCodeName } from '@berth/cri/errors/cri-error.ts';
import { ExitError } from './exit-error.ts';

/** `NOT_FOUND` → `NotFound`, as Go names the codes. */
export function goCodeName(code: GrpcCodeName): string {
  if (code === 'OK') return 'OK';
  if (code === 'CANCELLED') return 'Canceled';
  return code
    .split('_')
    .map((word) => word.slice(0, 1) + word.slice(1).toLowerCase())
    .join('');
}

/** What an error says, with the status of a failed call in front of its details. */
export function describeError(error: unknown): string {
  if (error instanceof CriError) return `rpc error: code = ${goCodeName(error.code)} desc = ${error.message}`;
  if (!(error instanceof Error)) return String(error);
  return systemProblem(error) ?? error.message;
}

const systemProblems: Readonly<Record<string, string>> = {
  ENOENT: 'no such file or directory',
  EACCES: 'permission denied',
  EISDIR: 'is a directory',
  ENOTDIR: 'not a directory',
  EEXIST: 'file exists',
  ENOSPC: 'no space left on device',
  EROFS: 'read-only file system',
  ELOOP: 'too many levels of symbolic links',
};

/** Pure: `open /x: no such file or directory`, as Go tells of files. */
function systemProblem({ code, syscall, path }: NodeJS.ErrnoException): string | undefined {
  const problem = systemProblems[code ?? ''];
  return problem && path !== undefined ? `${syscall} ${path}: ${problem}` : undefined;
}

/** The failed call behind an error, if one is. */
export function statusIn(error: unknown): CriError | undefined {
  let origin = error;
  while (!(origin instanceof CriError) && origin instanceof Error) origin = origin.cause;
  return origin instanceof CriError ? origin : undefined;
}

/** Is about the whole command, not about what was being done: nothing is put in front of it. */
export class Unwrapped extends Error {
  override readonly name = 'Unwrapped';
}

/** None of the sockets answers that are looked at when none is named. */
export class NoRuntimeError extends Unwrapped {}

/** What a command failed with, in the words for people, and what to do about it. */
export class HintedError extends Error {
  override readonly name = 'HintedError';
  readonly hint: string | undefined;

  constructor(message: string, hint: string | undefined, options: ErrorOptions) {
    super(message, options);
    this.hint = hint;
  }
}

/** Runs `work`, putting `doing` in front of the error that it fails with. */
export async function within<Result>(doing: string, work: () => Result | Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof ExitError || error instanceof Unwrapped) throw error;
    throw new Error(`${doing}: ${describeError(error)}`, { cause: error });
  }
}

/** Runs all at once; when some fail, throws one error with a line for each. */
export async function allSettled(works: readonly (() => Promise<void>)[]): Promise<void> {
  const outcomes = await Promise.allSettled(works.map((work) => work()));
  const failures = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason] : []));
  if (failures.length === 1) throw failures[0];
  if (failures.length > 1) throw new Error(failures.map(describeError).join('\n'));
}
