// Logs to stderr in the two formats of logrus: key=value in a pipe, and `WARN[0000] text` on a terminal.
import { isTerminal, printError } from '../output/print.ts';

const levels = { debug: 'DEBU', info: 'INFO', warning: 'WARN', error: 'ERRO', fatal: 'FATA' } as const;
const colours = { debug: 37, info: 36, warning: 33, error: 31, fatal: 31 } as const;

export type LogLevel = keyof typeof levels;

/** Pure: one line of log. `elapsedSeconds` is the age of the process. */
export function formatLogLine(
  level: LogLevel,
  message: string,
  options: { now: Date; terminal: boolean; elapsedSeconds: number },
): string {
  if (options.terminal) {
    const age = String(Math.floor(options.elapsedSeconds)).padStart(4, '0');
    return `\x1b[${colours[level]}m${levels[level]}\x1b[0m[${age}] ${message}`;
  }
  const time = localTime(options.now);
  return `time="${time}" level=${level} msg=${quoteIfNeeded(message)}`;
}

/** Logs info and above; debug messages too with --debug. */
export class Logger {
  debugEnabled = false;

  debug(message: string): void {
    if (this.debugEnabled) this.#write('debug', message);
  }

  info(message: string): void {
    this.#write('info', message);
  }

  warning(message: string): void {
    this.#write('warning', message);
  }

  error(message: string): void {
    this.#write('error', message);
  }

  fatal(message: string): void {
    this.#write('fatal', message);
  }

  #write(level: LogLevel, message: string): void {
    const terminal = isTerminal(2);
    const elapsedSeconds = performance.now() / 1000;
    printError(`${formatLogLine(level, message, { now: new Date(), terminal, elapsedSeconds })}\n`);
  }
}

function quoteIfNeeded(message: string): string {
  if (/^[A-Za-z0-9\-._/@^+]+$/.test(message)) return message;
  const escapes: Record<string, string> = { '"': '\\"', '\\': '\\\\', '\n': '\\n', '\r': '\\r', '\t': '\\t' };
  const escaped = (character: string) =>
    escapes[character] ?? `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is escaped here
  return `"${message.replace(/["\\\u0000-\u001f\u007f]/g, escaped)}"`;
}

function localTime(now: Date): string {
  const offset = -now.getTimezoneOffset();
  const local = new Date(now.getTime() + offset * 60_000).toISOString().slice(0, 19);
  if (offset === 0) return `${local}Z`;
  const two = (value: number) => String(value).padStart(2, '0');
  const size = Math.abs(offset);
  return `${local}${offset < 0 ? '-' : '+'}${two(Math.floor(size / 60))}:${two(size % 60)}`;
}
