// berthd's logger: levels, the line formats of logrus, and fields.

import { cut, escapeUnprintable, printable, quoted } from '@berth/common/printable.ts';

/** From most to least verbose; a logger prints its own level and all later ones. */
export const logLevels = ['trace', 'debug', 'info', 'warning', 'error'] as const;
export type LogLevel = (typeof logLevels)[number];

/** Formats of a line: logrus' text, or a JSON object with the same keys for log collectors. */
export const logFormats = ['text', 'json'] as const;
export type LogFormat = (typeof logFormats)[number];

/** Fields of a line, printed as `key=value` after the message; undefined ones are omitted. */
export type LogFields = Record<string, string | number | bigint | boolean | undefined>;

/**
 * Writes lines in logrus' formats, as CRI-O and containerd do, so that searches in their logs also work for berthd's.
 */
export interface Logger {
  trace(message: string, fields?: LogFields): void;
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warning(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
}

const bare = /^[A-Za-z0-9\-._/@^+]+$/;

/** Maximum length of a message or field, which may quote untrusted text. */
const maxText = 16 * 1024;

function quote(value: string): string {
  return bare.test(value) ? printable(value, maxText) : quoted(value, maxText);
}

/**
 * One line of the log, without its newline, for example
 * `time="2026-01-02T03:04:05.678Z" level=info msg="Created container" container=8fa1…`.
 */
export function formatLine(time: Date, level: LogLevel, message: string, fields: LogFields): string {
  const parts = [`time="${time.toISOString()}"`, `level=${level}`, `msg=${quote(message)}`];
  for (const [key, value] of Object.entries(fields)) {
    if (value !== undefined) parts.push(`${key}=${quote(String(value))}`);
  }
  return parts.join(' ');
}

/** The same as a JSON object. A field named like one of the first three gets a prefix. */
export function formatJson(time: Date, level: LogLevel, message: string, fields: LogFields): string {
  const head = { time: time.toISOString(), level, msg: message };
  const plain = (value: unknown) => (typeof value === 'bigint' ? String(value) : value);
  const short = (_key: string, value: unknown) => (typeof value === 'string' ? cut(value, maxText) : value);
  const rest = Object.entries(fields).map(([key, value]) => [
    key in head ? `fields.${key}` : key,
    plain(value),
  ]);
  return escapeUnprintable(JSON.stringify({ ...head, ...Object.fromEntries(rest) }, short));
}

/** A logger whose level can be changed while it is in use. */
export interface AdjustableLogger extends Logger {
  setLevel(level: LogLevel): void;
}

/** A logger that hands finished lines (with newline) to `write`, by default standard error. */
export function createLogger(
  level: LogLevel,
  write: (line: string) => void = (line) => process.stderr.write(line),
  format: LogFormat = 'text',
): AdjustableLogger {
  let threshold = logLevels.indexOf(level);
  const formatted = format === 'json' ? formatJson : formatLine;
  const at = (lineLevel: LogLevel) => {
    const rank = logLevels.indexOf(lineLevel);
    return (message: string, fields: LogFields = {}) => {
      if (rank >= threshold) write(`${formatted(new Date(), lineLevel, message, fields)}\n`);
    };
  };
  return {
    setLevel: (next) => {
      threshold = logLevels.indexOf(next);
    },
    trace: at('trace'),
    debug: at('debug'),
    info: at('info'),
    warning: at('warning'),
    error: at('error'),
  };
}
