/**
 * A table of Markdown as the formatter lays it out. Pure.
 * @param isNumber whether the column with this index is aligned to the right
 */
export function markdownTable(
  header: readonly string[],
  rows: readonly (readonly string[])[],
  isNumber: (column: number) => boolean = () => false,
): string {
  const lines = [header, ...rows].map((cells) => cells.map((cell) => cell.replaceAll('|', '\\|')));
  const widths = header.map((_, column) =>
    Math.max(3, ...lines.map((cells) => (cells[column] ?? '').length)),
  );
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  const padded = lines.map((cells) =>
    line(
      widths.map((width, column) => {
        const cell = cells[column] ?? '';
        return isNumber(column) ? cell.padStart(width) : cell.padEnd(width);
      }),
    ),
  );
  const rule = line(
    widths.map((width, column) => (isNumber(column) ? `${'-'.repeat(width - 1)}:` : '-'.repeat(width))),
  );
  return [padded[0] ?? '', rule, ...padded.slice(1)].join('\n');
}
