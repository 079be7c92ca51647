// What one call of a logger says, and the texts of its values that every format of the log shares. Pure.
import { cut } from '@berth/common/printable.ts';

/** Values that follow the message; undefined ones are left out. */
export type LogFields = Readonly<Record<string, unknown>>;

/** Info, warning or error. */
export type Severity = 'I' | 'W' | 'E';

/** One line of the log, before it has a format. */
export interface LogEntry {
  severity: Severity;
  /** The `-v` from which on it is logged. */
  level: number;
  time: Date;
  pid: number;
  /** The module that logs: the name of its file. */
  name: string;
  message: string;
  fields: LogFields;
}

/** Maximum length of a message or value, because either may quote untrusted text. */
export const maxText = 16 * 1024;

/** The message and those of its causes, without what it repeats. */
export function errorText(error: Error): string {
  const message = error.message || error.name;
  const cause = error.cause instanceof Error ? errorText(error.cause) : '';
  if (message.includes(cause)) return message;
  return cause.startsWith(message) ? cause : `${message}: ${cause}`;
}

/** The JSON of an object, cut at the maximum length. */
export function objectText(value: object): string {
  return cut(JSON.stringify(value, bigintAsText), maxText);
}

function bigintAsText(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? value.toString() : value;
}
