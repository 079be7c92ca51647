// Words for the error codes of system calls.
import { getSystemErrorMap } from 'node:util';
import { messageOf } from './error-message.ts';

/** What an error code means: `EROFS` is "read-only file system"; undefined for what is no code. */
export function errnoText(code: string): string | undefined {
  for (const [name, text] of getSystemErrorMap().values()) if (name === code) return text;
  return undefined;
}

/**
 * The message of an error without its code: a system call's error as `PATH: read-only file system`, or with the address of
 * a socket, any other as it is.
 */
export function plainMessage(error: unknown): string {
  if (!(error instanceof Error && 'code' in error && typeof error.code === 'string')) return messageOf(error);
  const text = errnoText(error.code);
  if (text === undefined) return error.message;
  const of = (name: string) => {
    const value: unknown = Reflect.get(error, name);
    return typeof value === 'string' ? value : undefined;
  };
  const place = of('path') ?? of('address');
  const hint = of('hint');
  return `${place === undefined ? '' : `${place}: `}${text}${hint === undefined ? '' : `; ${hint}`}`;
}
