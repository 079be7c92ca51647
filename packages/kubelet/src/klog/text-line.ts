// A line of the log in klog's structured format, so that tools for the real kubelet's log can parse it:
//   I1123 20:08:12.123456    1234 pod-workers.ts:1] "Pod started" pod="default/hello" attempts=2
// Getting a line number is expensive in Node.js, so the position names only the module. Pure.
import { cut, escapeUnprintable, quoted } from '@berth/common/printable.ts';
import { errorText, type LogEntry, maxText, objectText } from './log-entry.ts';

/** One log line with its line feed, as klog's structured text format has it. */
export function textLine({ severity, time, pid, name, message, fields }: Omit<LogEntry, 'level'>): string {
  const two = (number: number): string => String(number).padStart(2, '0');
  const day = two(time.getMonth() + 1) + two(time.getDate());
  const clock = `${two(time.getHours())}:${two(time.getMinutes())}:${two(time.getSeconds())}`;
  const micros = String(time.getMilliseconds() * 1000).padStart(6, '0');
  let line = `${severity}${day} ${clock}.${micros} ${String(pid).padStart(7)} ${name}:1] ${quote(message)}`;
  for (const [key, value] of Object.entries(fields)) {
    if (value !== undefined) line += ` ${key}=${valueText(value)}`;
  }
  return `${line}\n`;
}

function valueText(value: unknown): string {
  if (value instanceof Error) return blockOrQuote(errorText(value));
  if (typeof value === 'string') return blockOrQuote(value);
  if (value !== null && typeof value === 'object') return escapeUnprintable(objectText(value));
  return String(value);
}

/** A text of several lines is printed as an indented block between `<` and `>`, as klog does. */
function blockOrQuote(text: string): string {
  if (!text.includes('\n')) return quote(text);
  const lines = cut(text.replace(/\n$/, ''), maxText).split('\n');
  return `<\n\t${lines.map(escapeUnprintable).join('\n\t')}\n >`;
}

function quote(text: string): string {
  return quoted(text, maxText);
}
