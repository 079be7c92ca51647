// crictl's tables: columns at least 20 wide with 3 spaces between them; the last one is not padded.

const minimumWidth = 20;
const padding = 3;

/** The lines of a table; the first row is the header. All rows have the same number of cells. */
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
