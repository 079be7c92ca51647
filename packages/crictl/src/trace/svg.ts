// Draws a pod's start as an SVG image, or as a page around it, readable in light and dark themes. Pure.
import type { PodStart } from '@berth/cri/generated/pod-starts.ts';
import { truncateId } from '../output/human.ts';
import { type Row, rowsOf, summary, time } from './rows.ts';
import { spansOf, totalOf } from './span.ts';

const width = 960;
const barsFrom = 330;
const barsWidth = width - barsFrom - 20;
const rowHeight = 20;
const top = 56;
/** Characters of a label that fit; the tooltip has all of it. */
const labelLength = 36;
const ticks = 5;

/** Colours by class, in a light theme and a dark one: each has a contrast of 4.5 to 1 or more with its background. */
const style = `
.trace { color-scheme: light dark; font: 12px ui-monospace, Menlo, Consolas, "DejaVu Sans Mono", monospace; }
.trace .back { fill: #fff; } .trace text { fill: #1f2328; } .trace .grid { stroke: #d1d9e0; } .trace .faint { fill: #59636e; }
.trace .bar { fill: #8250df; } .trace .sandbox { fill: #0a7280; } .trace .image { fill: #0969da; }
.trace .create { fill: #9a6700; } .trace .start { fill: #1a7f37; } .trace .step { opacity: .62; } .trace .failed { fill: #cf222e; }
@media (prefers-color-scheme: dark) {
.trace .back { fill: #0d1117; } .trace text { fill: #e6edf3; } .trace .grid { stroke: #30363d; } .trace .faint { fill: #9198a1; }
.trace .bar { fill: #bc8cff; } .trace .sandbox { fill: #39c5cf; } .trace .image { fill: #58a6ff; }
.trace .create { fill: #d29922; } .trace .start { fill: #3fb950; } .trace .failed { fill: #ff7b72; }
}`;

/** The waterfall as an SVG document that needs no other file. */
export function traceSvg(start: PodStart): string {
  const calls = spansOf(start);
  const total = totalOf(calls);
  const lines: string[] = [];
  let y = top;
  for (const call of calls) {
    for (const row of rowsOf(call)) {
      lines.push(drawnRow(row, total, y));
      y += rowHeight;
    }
    if (call.error === '') continue;
    lines.push(`<text class="failed" x="20" y="${y + 14}">${escaped(`failed: ${call.error}`)}</text>`);
    y += rowHeight;
  }
  const bottom = y;
  const notes = [
    ...(start.leftOut > 0 ? [`and ${start.leftOut} more calls, beyond the number that berthd records`] : []),
    summary(calls).join(', '),
  ];
  const footer = notes.map((note, index) => {
    const at = bottom + 24 + index * rowHeight;
    return `<text class="faint" x="20" y="${at}">${escaped(note)}</text>`;
  });
  const height = bottom + 16 + notes.length * rowHeight + 8;
  const title = `${titleOf(start)}: ${time(total)} in all`;
  return `<svg xmlns="http://www.w3.org/2000/svg" class="trace" role="img" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}">
<title>${escaped(title)}</title>
<style>${style}
</style>
<rect class="back" width="${width}" height="${height}"/>
<text x="20" y="24" font-weight="bold">${escaped(title)}</text>
${grid(total, bottom)}
${[...lines, ...footer].join('\n')}
</svg>
`;
}

/** The waterfall as an HTML page that needs no other file. */
export function traceHtml(start: PodStart): string {
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="color-scheme" content="light dark">
<meta name="viewport" content="width=device-width">
<title>${escaped(titleOf(start))}</title>
<style>
body { margin: 0; background: #fff; } svg { display: block; max-width: 100%; height: auto; margin: auto; }
@media (prefers-color-scheme: dark) { body { background: #0d1117; } }
</style>
${traceSvg(start)}</html>
`;
}

const titleOf = ({ namespace, name, podSandboxId }: PodStart) =>
  `${namespace}/${name} (${truncateId(podSandboxId)})`;

function grid(total: number, bottom: number): string {
  const lines = Array.from({ length: ticks + 1 }, (_, index) => {
    const x = round(barsFrom + (barsWidth * index) / ticks);
    const anchor = index === ticks ? 'end' : index === 0 ? 'start' : 'middle';
    const text = index === 0 ? '0' : time((total * index) / ticks);
    return (
      `<line class="grid" x1="${x}" y1="${top - 6}" x2="${x}" y2="${bottom + 4}"/>` +
      `<text class="faint" x="${x}" y="${top - 12}" text-anchor="${anchor}">${text}</text>`
    );
  });
  return lines.join('\n');
}

function drawnRow({ label, span, depth, stage }: Row, total: number, y: number): string {
  const scale = total === 0 ? 0 : barsWidth / total;
  const length = Math.max(1, span.duration * scale);
  const x = Math.min(barsFrom + span.offset * scale, barsFrom + barsWidth - length);
  const classes = ['bar', stage, ...(depth > 0 ? ['step'] : []), ...(span.error === '' ? [] : ['failed'])];
  const thickness = depth === 0 ? 12 : 8;
  const text = label.trim();
  const shown = [...text];
  const cut =
    shown.length > labelLength - 2 * depth
      ? `${shown.slice(0, labelLength - 2 * depth - 1).join('')}…`
      : text;
  const tip = `${text}: ${time(span.duration)}, from ${time(span.offset)}${span.error === '' ? '' : `, failed: ${span.error}`}`;
  return (
    `<g><title>${escaped(tip)}</title>` +
    `<text x="${20 + 14 * depth}" y="${y + 14}">${escaped(cut)}</text>` +
    `<text class="faint" x="${barsFrom - 10}" y="${y + 14}" text-anchor="end">${time(span.duration)}</text>` +
    `<rect class="${classes.filter(Boolean).join(' ')}" x="${round(x)}" y="${y + (rowHeight - thickness) / 2}" ` +
    `width="${round(length)}" height="${thickness}" rx="2"/></g>`
  );
}

const round = (value: number) => Math.round(value * 100) / 100;

const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

/** Text for XML, which cannot have most control characters. */
function escaped(text: string): string {
  return (
    text
      .toWellFormed()
      // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is replaced here
      .replace(/[\u0000-\u001f\u007f-\u009f\ufffe\uffff]/g, '\ufffd')
      .replace(/[&<>"]/g, (character) => entities[character] ?? '')
  );
}
