/** From the most to the least talkative; a logger prints its own level and everything after it. */
export const logLevels = ['trace', 'debug', 'info', 'warning', 'error'] as const;
export type LogLevel = (typeof logLevels)[number];

/** What a line is about: printed as `key=value` after the message. undefined is left out. */
export type LogFields = Record<string, string | number | bigint | boolean | undefined>;

/** Writes lines in logrus' text format, which is what people grep in CRI-O's and containerd's logs. */
export interface Logger {
  trace(message: string, fields?: LogFields): void;
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warning(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
}

const bare = /^[A-Za-z0-9\-._/@^+]+$/;

function quote(value: string): string {
  return bare.test(value) ? value : JSON.stringify(value);
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

/** A logger that hands finished lines (with newline) to `write`, by default standard error. */
export function createLogger(
  level: LogLevel,
  write: (line: string) => void = (line) => process.stderr.write(line),
): Logger {
  const threshold = logLevels.indexOf(level);
  const at = (lineLevel: LogLevel) => {
    if (logLevels.indexOf(lineLevel) < threshold) return () => {};
    return (message: string, fields: LogFields = {}) =>
      write(`${formatLine(new Date(), lineLevel, message, fields)}\n`);
  };
  return {
    trace: at('trace'),
    debug: at('debug'),
    info: at('info'),
    warning: at('warning'),
    error: at('error'),
  };
}
