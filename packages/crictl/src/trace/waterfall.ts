// Draws a pod's start as a waterfall. Pure.
import type { PodStart } from '@berth/cri/generated/pod-starts.ts';
import { truncateId } from '../output/human.ts';
import { cut, padStart, widthOf } from '../output/width.ts';
import { idleOf, type Span, spansOf, totalOf } from './span.ts';

export interface Look {
  /** Width of a line in cells. */
  width: number;
  coloured: boolean;
  /** Whether to draw bars by block characters, or by ASCII. */
  unicode: boolean;
}

/** The stages of a pod's start by CRI call, and their colours: cyan, blue, yellow, green. */
const stages: Readonly<Record<string, { title: string; colour: number }>> = {
  RunPodSandbox: { title: 'sandbox', colour: 36 },
  PullImage: { title: 'image', colour: 34 },
  CreateContainer: { title: 'create', colour: 33 },
  StartContainer: { title: 'start', colour: 32 },
};

const durationWidth = 7;
const leastBar = 10;

/** The lines of the waterfall, each at most `width` cells wide, except errors of calls. */
export function waterfall(start: PodStart, look: Look): string[] {
  const calls = spansOf(start);
  const total = totalOf(calls);
  const groups = calls.map((call) => rowsOf(call, 0, stages[call.name]?.colour ?? 35));
  const widest = Math.max(...groups.flat().map(({ label }) => widthOf(label)), 0);
  const labelWidth = Math.max(8, Math.min(widest, Math.floor(look.width * 0.45)));
  const barWidth = look.width - labelWidth - durationWidth - 2;
  const lines = [
    `${start.namespace}/${start.name} (${truncateId(start.podSandboxId)}): ${time(total)} in all`,
    '',
  ];
  if (barWidth >= leastBar) {
    const end = time(total);
    lines.push(`${' '.repeat(labelWidth + durationWidth + 2)}0${padStart(end, barWidth - 1)}`);
  }
  for (const rows of groups) {
    for (const { label, span, depth, colour } of rows) {
      const bar = barWidth >= leastBar ? ` ${barOf(span, total, barWidth, depth, look)}` : '';
      const text = `${cut(label, labelWidth)} ${padStart(time(span.duration), durationWidth)}`;
      lines.push(look.coloured && bar !== '' ? `${text}\x1b[${colour}m${bar}\x1b[0m` : text + bar);
    }
    // A step's error is also its call's: print it once.
    const [call] = rows;
    if (call !== undefined && call.span.error !== '') lines.push(`  failed: ${call.span.error}`);
  }
  if (start.leftOut > 0) lines.push(`and ${start.leftOut} more calls, beyond the number that berthd records`);
  return [...lines, '', ...wrapped(summary(calls), look.width)];
}

interface Row {
  label: string;
  span: Span;
  depth: number;
  colour: number;
}

function rowsOf(span: Span, depth: number, colour: number): Row[] {
  const title = depth === 0 ? (stages[span.name]?.title ?? span.name) : span.name;
  // The end of an image's name is the most specific part.
  const subject = span.name === 'PullImage' ? span.subject.replace(/^.*\//, '') : span.subject;
  const label = `${'  '.repeat(depth)}${title}${subject === '' ? '' : ` ${subject}`}`;
  return [{ label, span, depth, colour }, ...span.steps.flatMap((step) => rowsOf(step, depth + 1, colour))];
}

function barOf({ offset, duration }: Span, total: number, width: number, depth: number, look: Look): string {
  const scale = total === 0 ? 0 : width / total;
  const from = Math.min(width - 1, Math.floor(offset * scale));
  const to = Math.min(width, Math.max(from + 1, Math.round((offset + duration) * scale)));
  const [whole, part] = look.unicode ? ['█', '▄'] : ['#', '='];
  return ' '.repeat(from) + (depth === 0 ? whole : part).repeat(to - from);
}

/** The time of each stage, and of selected steps. */
function summary(calls: readonly Span[]): string[] {
  const sum = (spans: readonly Span[]) => spans.reduce((all, { duration }) => all + duration, 0);
  const network = sum(calls.flatMap(({ steps }) => steps.filter(({ name }) => name === 'network')));
  const parts = Object.entries(stages).flatMap(([name, { title }]) => {
    const own = calls.filter((call) => call.name === name);
    if (own.length === 0) return name === 'PullImage' ? ['image not pulled'] : [];
    const within = name === 'RunPodSandbox' && network > 0 ? ` (network ${time(network)})` : '';
    return [`${title} ${time(sum(own))}${within}`];
  });
  return [...parts, `between the calls ${time(idleOf(calls))}`];
}

/** Joins parts by commas into lines of at most `width`. */
function wrapped(parts: readonly string[], width: number): string[] {
  const lines: string[] = [];
  for (const [index, part] of parts.entries()) {
    const text = index < parts.length - 1 ? `${part},` : part;
    const last = lines.at(-1);
    if (last !== undefined && widthOf(last) + 1 + widthOf(text) <= width)
      lines[lines.length - 1] = `${last} ${text}`;
    else lines.push(text);
  }
  return lines;
}

/** `0.42ms`, `38.1ms`, `412ms`, `3.21s`, `412s`: at most six characters for the first hours. */
export function time(milliseconds: number): string {
  const digits = (value: number) => (value < 10 ? 2 : value < 100 ? 1 : 0);
  if (milliseconds < 999.5) return `${milliseconds.toFixed(digits(milliseconds))}ms`;
  const seconds = milliseconds / 1000;
  return `${seconds.toFixed(digits(seconds))}s`;
}
