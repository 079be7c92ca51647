// crictl's tables: columns at least 20 wide, 3 blanks apart, the last one as it comes.

const minimumWidth = 20;
const padding = 3;

/** Rows, the header among them, as lines of text. Every row has as many cells as the first. */
export function formatTable(rows: readonly (readonly string[])[]): string {
  const columns = rows[0]?.length ?? 0;
  const widths = Array.from({ length: columns }, (_, column) =>
    Math.max(minimumWidth, ...rows.map((row) => [...(row[column] ?? '')].length + padding)),
  );
  const lines = rows.map((row) =>
    row
      .map((cell, column) => {
        const isLast = column === row.length - 1;
        return isLast ? cell : cell + ' '.repeat((widths[column] ?? 0) - [...cell].length);
      })
      .join(''),
  );
  return lines.map((line) => `${line}\n`).join('');
}
