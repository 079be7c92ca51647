// Errors of system calls: the names and texts of errno(3), and SyscallError, which carries them.
import { constants } from 'node:os';
import { getSystemErrorMap } from 'node:util';

// Errors of the system calls used here that Node's tables lack.
const additional: Record<string, [errno: number, text: string]> = {
  ENOTUNIQ: [76, 'name not unique on network'],
  EUSERS: [87, 'too many users'],
  EUCLEAN: [117, 'structure needs cleaning'],
  EDQUOT: [122, 'disk quota exceeded'],
  ENOMEDIUM: [123, 'no medium found'],
  ENOKEY: [126, 'required key not available'],
};

// Synonyms share a number; keep the name that the manual pages list first.
const synonyms = new Set(['EWOULDBLOCK', 'ENOTSUP', 'EDEADLOCK']);

const codes = new Map<number, string>();
for (const [code, errno] of Object.entries(constants.errno)) if (!synonyms.has(code)) codes.set(errno, code);
for (const [code, [errno]] of Object.entries(additional)) codes.set(errno, code);

/** The name of an errno (`2` → `'ENOENT'`); an unknown one is `'E999'`. */
export function errnoCode(errno: number): string {
  return codes.get(errno) ?? `E${errno}`;
}

/** The number of an error's name (`'ENOENT'` → `2`), `undefined` when this platform has none. */
export function errnoNumber(code: string): number | undefined {
  return Object.entries(constants.errno).find(([name]) => name === code)?.[1] ?? additional[code]?.[0];
}

function errnoText(errno: number): string {
  const known = getSystemErrorMap().get(-errno)?.[1];
  return known ?? additional[errnoCode(errno)]?.[1] ?? 'unknown error';
}

export interface SyscallFailure {
  /** The function of the C library or the system call, e.g. `mount`. */
  syscall: string;
  /** Positive, as in errno(3). */
  errno: number;
  /** The object of the call, usually a path. */
  path?: string | undefined;
  /** Added to the message: the attempted action, or what to do next. */
  hint?: string | undefined;
}

/** A system call that failed. `code` is the name (`'ENOENT'`), `errno` the positive number. */
export class SyscallError extends Error {
  override readonly name = 'SyscallError';
  readonly code: string;
  readonly errno: number;
  readonly syscall: string;
  readonly path: string | undefined;
  readonly hint: string | undefined;

  constructor({ syscall, errno, path, hint }: SyscallFailure, options?: ErrorOptions) {
    const code = errnoCode(errno);
    const about = path === undefined ? syscall : `${syscall} ${path}`;
    super(`${about}: ${errnoText(errno)} (${code})${hint === undefined ? '' : `; ${hint}`}`, options);
    this.code = code;
    this.errno = errno;
    this.syscall = syscall;
    this.path = path;
    this.hint = hint;
  }
}

/**
 * An error of node:fs, whose errno is negative, as a SyscallError; any other error as it is.
 *
 * @param about for the message; `path` because Node names none when a read or write of an open file fails
 */
export function asSyscallError(error: unknown, about: { path?: string; hint?: string } = {}): unknown {
  if (
    error instanceof Error &&
    'errno' in error &&
    typeof error.errno === 'number' &&
    error.errno < 0 &&
    'syscall' in error &&
    typeof error.syscall === 'string'
  ) {
    const path = 'path' in error && typeof error.path === 'string' ? error.path : about.path;
    const { syscall, errno } = error;
    return new SyscallError({ syscall, errno: -errno, path, hint: about.hint }, { cause: error });
  }
  return error;
}
