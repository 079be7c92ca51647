// Text in the cells of a terminal: pure.
import { cut, widthOf } from '@berth/crictl/output/width.ts';

/** Cuts a text to a width, with `…` where something is missing. */
export function shorten(text: string, width: number): string {
  if (widthOf(text) <= width) return text;
  return `${cut(text, Math.max(0, width - 1)).trimEnd()}…`.slice(0, Math.max(0, width));
}

/** Breaks a line between words so that no row is wider than `width`; further rows are indented. */
export function wrap(line: string, width: number, indent: number): string {
  const rows: string[] = [];
  let row = '';
  const margin = indent < width / 2 ? ' '.repeat(indent) : '';
  for (const word of line.split(/(?<=\S)(?= )/)) {
    if (row !== '' && widthOf(row + word) > width) {
      rows.push(row);
      row = '';
    }
    for (let rest = row === '' && rows.length > 0 ? margin + word.trimStart() : word; rest !== ''; ) {
      const room = width - widthOf(row);
      if (widthOf(rest) <= room) {
        row += rest;
        break;
      }
      // A word that is wider than the terminal.
      const part = cut(rest, room).trimEnd();
      rows.push(row + part);
      row = '';
      rest = margin + rest.slice(Math.max(1, part.length));
    }
  }
  return [...rows, row].join('\n');
}

/** Wraps each line of a text as far as it is indented. */
export function wrapText(text: string, width: number | undefined): string {
  if (width === undefined || width < 20) return text;
  return text
    .split('\n')
    .map((line) => wrap(line, width, /^ */.exec(line)?.[0].length ?? 0))
    .join('\n');
}
