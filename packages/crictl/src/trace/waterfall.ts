// Draws a pod's start as a waterfall. Pure.
import type { PodStart } from '@berth/cri/generated/pod-starts.ts';
import { truncateId } from '../output/human.ts';
import { cut, padStart, widthOf } from '../output/width.ts';
import { rowsOf, summary, time } from './rows.ts';
import { type Span, spansOf, totalOf } from './span.ts';

export interface Look {
  /** Width of a line in cells. */
  width: number;
  coloured: boolean;
  /** Whether to draw bars by block characters, or by ASCII. */
  unicode: boolean;
}

/** Of stages: cyan, blue, yellow, green; others are magenta. */
const colours: Readonly<Record<string, number>> = { sandbox: 36, image: 34, create: 33, start: 32 };

const durationWidth = 7;
const leastBar = 10;

/** The lines of the waterfall, each at most `width` cells wide, except errors of calls. */
export function waterfall(start: PodStart, look: Look): string[] {
  const calls = spansOf(start);
  const total = totalOf(calls);
  const groups = calls.map((call) => rowsOf(call));
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
    for (const { label, span, depth, stage } of rows) {
      const colour = colours[stage] ?? 35;
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

function barOf({ offset, duration }: Span, total: number, width: number, depth: number, look: Look): string {
  const scale = total === 0 ? 0 : width / total;
  const from = Math.min(width - 1, Math.floor(offset * scale));
  const to = Math.min(width, Math.max(from + 1, Math.round((offset + duration) * scale)));
  const [whole, part] = look.unicode ? ['█', '▄'] : ['#', '='];
  return ' '.repeat(from) + (depth === 0 ? whole : part).repeat(to - from);
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
