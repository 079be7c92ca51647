// A line of the log as the real kubelet's JSON format has it:
//   {"ts":1796079611618.9,"caller":"worker.ts:1","msg":"Pod started","v":0,"pod":{"name":"hello","namespace":"default"}}
// `v` is the verbosity of the line and is missing in errors, whose cause is the last field. Pure.
import { escapeUnprintable, quoted } from '@berth/common/printable.ts';
import { errorText, type LogEntry, maxText, objectText } from './log-entry.ts';

/** One log line with its line feed: a JSON object. */
export function jsonLine({ severity, level, time, name, message, fields }: LogEntry): string {
  const { err, ...others } = fields;
  const isError = severity === 'E';
  const pairs: [key: string, value: unknown][] = [
    ['ts', time.getTime()],
    ['caller', `${name}:1`],
    ['msg', message],
    ...(isError ? [] : [['v', level] as [string, unknown]]),
    ...Object.entries(isError ? others : fields),
    ...(isError ? [['err', err] as [string, unknown]] : []),
  ];
  const shown = pairs.filter(([, value]) => value !== undefined);
  return `{${shown.map(([key, value]) => `${quote(key)}:${valueJson(key, value)}`).join(',')}}\n`;
}

function valueJson(key: string, value: unknown): string {
  if (value instanceof Error) return quote(errorText(value));
  if (typeof value === 'string') return key === 'pod' ? podJson(value) : quote(value);
  if (typeof value === 'bigint' || typeof value === 'boolean') return String(value);
  if (typeof value === 'object' && value !== null) return nested(value);
  return JSON.stringify(value) ?? quote(String(value));
}

/** What names a pod is an object here, so that collectors can select by its fields. */
function podJson(text: string): string {
  const [namespace = '', name] = text.split('/');
  return name === undefined ? quote(text) : `{"name":${quote(name)},"namespace":${quote(namespace)}}`;
}

/** An object as it is, or as a text where it is too long. */
function nested(value: object): string {
  const text = objectText(value);
  // The escapes are JSON's, so that they mean the same to whoever parses the line.
  return text.length <= maxText ? escapeUnprintable(text) : quote(text);
}

function quote(text: string): string {
  return quoted(text, maxText);
}
