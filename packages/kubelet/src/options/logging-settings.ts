// The fields of KubeletConfiguration.logging but for the verbosity, and what the real kubelet refuses of them.
import { isObject } from '@berth/common/json/is-object.ts';
import type { LogConfiguration } from '../klog/klog.ts';
import type { ModuleVerbosity } from '../klog/vmodule.ts';
import { bool, duration, type Field, quantity, text } from './field-kinds.ts';

/** Values of these fields. */
export interface LoggingSettings {
  /** logging.flushFrequency, in milliseconds */
  logFlushFrequency: number;
  /** logging.format */
  logFormat: string;
  /** logging.options.json.infoBufferSize */
  logJsonInfoBufferSize: string;
  /** logging.options.json.splitStream */
  logJsonSplitStream: boolean;
  /** logging.options.text.infoBufferSize */
  logTextInfoBufferSize: string;
  /** logging.options.text.splitStream */
  logTextSplitStream: boolean;
  /** logging.vmodule */
  logVModule: readonly ModuleVerbosity[];
}

/** The parsers of each field. */
export const loggingFields: { readonly [K in keyof LoggingSettings]: Field<LoggingSettings[K]> } = {
  logFlushFrequency: flushFrequency(),
  logFormat: text(),
  logJsonInfoBufferSize: quantity(),
  logJsonSplitStream: bool(),
  logTextInfoBufferSize: quantity(),
  logTextSplitStream: bool(),
  logVModule: moduleVerbosities(),
};

/** The real kubelet's defaults. */
export const defaultLoggingSettings: LoggingSettings = {
  logFlushFrequency: 5000,
  logFormat: 'text',
  logJsonInfoBufferSize: '0',
  logJsonSplitStream: false,
  logTextInfoBufferSize: '0',
  logTextSplitStream: false,
  logVModule: [],
};

/** The places of these fields in the file. */
export const loggingPaths = {
  'logging.flushFrequency': 'logFlushFrequency',
  'logging.format': 'logFormat',
  'logging.options.json.infoBufferSize': 'logJsonInfoBufferSize',
  'logging.options.json.splitStream': 'logJsonSplitStream',
  'logging.options.text.infoBufferSize': 'logTextInfoBufferSize',
  'logging.options.text.splitStream': 'logTextSplitStream',
  'logging.vmodule': 'logVModule',
} as const satisfies Readonly<Record<string, keyof LoggingSettings>>;

/** The log as these settings have it, or what is wrong with them in the real kubelet's words. */
export function logConfiguration(
  settings: LoggingSettings,
): { configuration: LogConfiguration } | { problem: string } {
  const { logFormat: format, logVModule: vmodule } = settings;
  const problems = loggingProblems(settings);
  if (problems.length > 0 || (format !== 'text' && format !== 'json')) {
    const [first = '', ...others] = problems;
    return { problem: `initialize logging: ${others.length > 0 ? `[${problems.join(', ')}]` : first}` };
  }
  const splitStream = format === 'json' ? settings.logJsonSplitStream : settings.logTextSplitStream;
  return { configuration: { format, splitStream, vmodule } };
}

function loggingProblems({ logFlushFrequency, logFormat, logVModule }: LoggingSettings): string[] {
  const problems: string[] = [];
  if (logFlushFrequency <= 0) {
    const shown = JSON.stringify(loggingFields.logFlushFrequency.toText(logFlushFrequency));
    problems.push(`logging.flushFrequency: Invalid value: ${shown}: Must be greater than zero`);
  }
  if (logFormat !== 'text' && logFormat !== 'json')
    problems.push(`logging.format: Invalid value: ${JSON.stringify(logFormat)}: Unsupported log format`);
  if (logVModule.length > 0 && logFormat !== 'text')
    problems.push('logging.vmodule: Forbidden: Only supported for text log format');
  for (const [index, { filePattern }] of logVModule.entries()) {
    const place = `logging.vmodule[${index}]`;
    if (filePattern === '') problems.push(`${place}: Required value: File pattern must not be empty`);
    if (/[=,]/.test(filePattern)) {
      const shown = JSON.stringify(filePattern);
      problems.push(`${place}: Invalid value: ${shown}: File pattern must not contain equal sign or comma`);
    }
  }
  return problems;
}

/** What to log of given fields that have no effect, unless they have their default. */
export function loggingNotices(given: Partial<LoggingSettings>): string[] {
  return Object.entries(loggingPaths)
    .filter(([, name]) => name === 'logFlushFrequency' || name.endsWith('InfoBufferSize'))
    .filter(([, name]) => given[name] !== undefined && given[name] !== defaultLoggingSettings[name])
    .map(([path]) => `${path} has no effect: lines of the log are written at once`);
}

/** A duration of Go, or nanoseconds. */
function flushFrequency(): Field<number> {
  const plain = duration(Number.MIN_SAFE_INTEGER);
  return {
    ...plain,
    fromValue: (value) => (typeof value === 'number' ? value / 1e6 : plain.fromValue(value)),
  };
}

const maxVerbosity = 2 ** 31 - 1;

/** Verbosities by pattern; on the command line `worker=4,device-*=5`, and each flag adds some. */
function moduleVerbosities(): Field<readonly ModuleVerbosity[]> {
  return {
    isBoolean: false,
    fromText: (given) => given.split(',').filter(Boolean).map(parseModuleVerbosity),
    fromValue: (value) => {
      if (!Array.isArray(value)) throw new RangeError('must be a list of {filePattern, verbosity}');
      return value.map(readModuleVerbosity);
    },
    toText: (value) => value.map(({ filePattern, verbosity }) => `${filePattern}=${verbosity}`).join(','),
    toJson: (value) => value,
    join: (before, after) => [...before, ...after],
  };
}

function parseModuleVerbosity(entry: string): ModuleVerbosity {
  const [filePattern = '', level = '', ...rest] = entry.split('=');
  if (filePattern === '' || level === '' || rest.length > 0)
    throw new RangeError(`${JSON.stringify(entry)} does not have the pattern=N format`);
  const verbosity = Number(level);
  if (/^\d+$/.test(level) && verbosity <= maxVerbosity) return { filePattern, verbosity };
  const reason = /^\d+$/.test(level) ? 'value out of range' : 'invalid syntax';
  throw new RangeError(
    `parsing verbosity in ${JSON.stringify(entry)}: strconv.ParseUint: parsing ${JSON.stringify(level)}: ${reason}`,
  );
}

function readModuleVerbosity(entry: unknown): ModuleVerbosity {
  const { filePattern = '', verbosity = 0 } = isObject(entry) ? entry : {};
  const isLevel =
    typeof verbosity === 'number' &&
    Number.isInteger(verbosity) &&
    verbosity >= 0 &&
    verbosity <= maxVerbosity;
  if (isObject(entry) && typeof filePattern === 'string' && isLevel) return { filePattern, verbosity };
  throw new RangeError(
    `must be a list of {filePattern, verbosity} with a verbosity from 0 to ${maxVerbosity}, not ${JSON.stringify(entry)}`,
  );
}
