// Writes log lines in klog's structured format, so that tools for the real kubelet's log can parse them:
//   I1123 20:08:12.123456    1234 pod-workers.ts:1] "Pod started" pod="default/hello" attempts=2
// Lines go to standard error. Getting a line number is expensive in Node.js, so the position names only the module.

import { cut, escapeUnprintable, printable, quoted } from '@berth/common/printable.ts';

/** Values that follow the message as `key=value`; undefined ones are left out. */
export type LogFields = Readonly<Record<string, unknown>>;

/** The logger of one module. */
export interface Logger {
  /** Something that an operator wants to know. */
  info(message: string, fields?: LogFields): void;
  /** Something is wrong but the kubelet goes on as asked. */
  warn(message: string, fields?: LogFields): void;
  /** Something failed; pass the cause as `err`. */
  error(message: string, fields?: LogFields): void;
  /** Detail, printed only when the kubelet runs with `-v` of at least `level`. */
  v(level: number, message: string, fields?: LogFields): void;
}

type Severity = 'I' | 'W' | 'E';

/** Maximum length of a message or value, because either may quote untrusted text. */
const maxText = 16 * 1024;

let verbosity = 0;
let write = (line: string): void => void process.stderr.write(line);

/** Sets the verbosity of `-v`; 0 prints no detail. */
export function setVerbosity(level: number): void {
  verbosity = level;
}

/** Redirects lines, from standard error to a log file or to a test; returns a function that restores the previous writer. */
export function redirectLog(sink: (line: string) => void): () => void {
  const former = write;
  write = sink;
  return () => {
    write = former;
  };
}

/**
 * The logger of the module called `name` (its file name: `createLogger('file-source.ts')`). A name and not
 * import.meta.url, because the released kubelet is one bundle.
 */
export function createLogger(name: string): Logger {
  const log = (severity: Severity, message: string, fields?: LogFields): void =>
    write(formatLine({ severity, time: new Date(), pid: process.pid, name, message, fields: fields ?? {} }));
  return {
    info: (message, fields) => log('I', message, fields),
    warn: (message, fields) => log('W', message, fields),
    error: (message, fields) => log('E', message, fields),
    v: (level, message, fields) => {
      if (level <= verbosity) log('I', message, fields);
    },
  };
}

/** One log line with its line feed, as klog's structured text format has it. */
export function formatLine(entry: {
  severity: Severity;
  time: Date;
  pid: number;
  name: string;
  message: string;
  fields: LogFields;
}): string {
  const { severity, time, pid, name, message, fields } = entry;
  const two = (number: number): string => String(number).padStart(2, '0');
  const day = two(time.getMonth() + 1) + two(time.getDate());
  const clock = `${two(time.getHours())}:${two(time.getMinutes())}:${two(time.getSeconds())}`;
  const micros = String(time.getMilliseconds() * 1000).padStart(6, '0');
  let line = `${severity}${day} ${clock}.${micros} ${String(pid).padStart(7)} ${name}:1] ${quote(message)}`;
  for (const [key, value] of Object.entries(fields)) {
    if (value !== undefined) line += ` ${key}=${formatValue(value)}`;
  }
  return `${line}\n`;
}

function formatValue(value: unknown): string {
  if (value instanceof Error) return formatText(errorText(value));
  if (typeof value === 'string') return formatText(value);
  if (value !== null && typeof value === 'object')
    return printable(JSON.stringify(value, bigintAsNumber), maxText);
  return String(value);
}

/** A text of several lines is printed as an indented block between `<` and `>`, as klog does. */
function formatText(text: string): string {
  if (!text.includes('\n')) return quote(text);
  const lines = cut(text.replace(/\n$/, ''), maxText).split('\n');
  return `<\n\t${lines.map(escapeUnprintable).join('\n\t')}\n >`;
}

function quote(text: string): string {
  return quoted(text, maxText);
}

/** The message and those of its causes, without what it repeats. */
function errorText(error: Error): string {
  const message = error.message || error.name;
  const cause = error.cause instanceof Error ? errorText(error.cause) : '';
  if (message.includes(cause)) return message;
  return cause.startsWith(message) ? cause : `${message}: ${cause}`;
}

function bigintAsNumber(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? value.toString() : value;
}
