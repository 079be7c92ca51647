// Text in columns.
import { widthOf } from '@berth/crictl/output/width.ts';
import { shorten } from './layout.ts';

const gap = '  ';
const narrowest = 12;

/**
 * Rows as left-aligned columns, two spaces apart at least. On a terminal of `width` cells the first column gives way, and
 * what is still too wide is cut.
 */
export function formatTable(rows: readonly (readonly string[])[], width = Number.POSITIVE_INFINITY): string {
  const wanted = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => widthOf(row[column] ?? ''))),
  );
  const total = wanted.reduce((sum, each) => sum + each, 0) + gap.length * (wanted.length - 1);
  const first = wanted[0] ?? 0;
  const widths = wanted.with(0, Math.max(Math.min(first, narrowest), first - Math.max(0, total - width)));
  return rows
    .map((row) => {
      const cells = row.map((cell, column) => {
        const room = widths[column] ?? 0;
        const shown = column === 0 ? shorten(cell, room) : cell;
        return shown + ' '.repeat(Math.max(0, room - widthOf(shown)));
      });
      return shorten(cells.join(gap).trimEnd(), width);
    })
    .join('\n');
}
