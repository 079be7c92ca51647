// The kubelet's log: loggers by module, a verbosity, a format and where lines go. Lines go to standard error, or with
// split streams those of information to standard output.
import { jsonLine } from './json-line.ts';
import type { LogFields, Severity } from './log-entry.ts';
import { textLine } from './text-line.ts';
import { type ModuleVerbosity, moduleVerbosity } from './vmodule.ts';

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

/** Where a line goes. */
export type LogStream = 'stdout' | 'stderr';

/** How lines look and where they go. */
export interface LogConfiguration {
  format: 'text' | 'json';
  /** Whether lines of information go to standard output. */
  splitStream: boolean;
  /** Modules with more detail than the verbosity asks for. */
  vmodule: readonly ModuleVerbosity[];
}

let verbosity = 0;
let configuration: LogConfiguration = { format: 'text', splitStream: false, vmodule: [] };
let write = (line: string, stream: LogStream): void => void process[stream].write(line);

/** Sets the verbosity of `-v`; 0 prints no detail. */
export function setVerbosity(level: number): void {
  verbosity = level;
}

/** Sets how lines look from now on; returns a function that restores what was before. */
export function configureLog(next: LogConfiguration): () => void {
  const former = configuration;
  configuration = next;
  return () => {
    configuration = former;
  };
}

/** Redirects lines to a log file or to a test; returns a function that restores the previous writer. */
export function redirectLog(sink: (line: string, stream: LogStream) => void): () => void {
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
  const log = (severity: Severity, level: number, message: string, fields: LogFields = {}): void => {
    const entry = { severity, level, time: new Date(), pid: process.pid, name, message, fields };
    write(configuration.format === 'json' ? jsonLine(entry) : textLine(entry), streamOf(severity));
  };
  return {
    info: (message, fields) => log('I', 0, message, fields),
    warn: (message, fields) => log('W', 0, message, fields),
    error: (message, fields) => log('E', 0, message, fields),
    v: (level, message, fields) => {
      if (level <= verbosity || isModuleVerbose(name, level)) log('I', level, message, fields);
    },
  };
}

function isModuleVerbose(name: string, level: number): boolean {
  const { vmodule } = configuration;
  return vmodule.length > 0 && level <= (moduleVerbosity(vmodule, name) ?? 0);
}

/** Warnings are no errors in JSON, and not information in text. */
function streamOf(severity: Severity): LogStream {
  const { splitStream, format } = configuration;
  if (!splitStream || severity === 'E') return 'stderr';
  return severity === 'W' && format === 'text' ? 'stderr' : 'stdout';
}
