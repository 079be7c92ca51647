// A picture of packages as an SVG: a row of boxes for each floor, arrows down to what each imports.
import type { PackageNode } from './package-graph.ts';

const box = { width: 132, height: 46, gapX: 28, gapY: 74 };
const margin = 24;

interface Place {
  x: number;
  y: number;
}

/** Pure: the picture's text. */
export function packagePicture(packages: readonly PackageNode[]): string {
  const floors = Math.max(...packages.map(({ floor }) => floor)) + 1;
  const rows = Array.from({ length: floors }, (_, row) =>
    packages.filter(({ floor }) => floor === floors - 1 - row),
  );
  const widest = Math.max(...rows.map(({ length }) => length));
  const width = 2 * margin + widest * box.width + (widest - 1) * box.gapX;
  const height = 2 * margin + floors * box.height + (floors - 1) * box.gapY;
  const places = new Map<string, Place>();
  for (const [row, nodes] of rows.entries()) {
    const rowWidth = nodes.length * box.width + (nodes.length - 1) * box.gapX;
    for (const [column, { name }] of nodes.entries()) {
      const x = (width - rowWidth) / 2 + column * (box.width + box.gapX);
      places.set(name, { x, y: margin + row * (box.height + box.gapY) });
    }
  }
  const arrows = packages.flatMap(({ name, below }) => below.map((to) => arrow(places, name, to)));
  const boxes = packages.map((each) => boxOf(each, places.get(each.name)));
  return `<svg xmlns="http://www.w3.org/2000/svg" role="img" viewBox="0 0 ${width} ${height}" font-family="sans-serif" font-size="14">
<title>The packages of Berth and what they import</title>
<!-- Written by npm run picture -->
<defs><marker id="tip" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="8" markerHeight="8" orient="auto"><path d="M0 0L8 4L0 8z" fill="#57606a"/></marker></defs>
<rect width="${width}" height="${height}" fill="#ffffff"/>
${[...arrows, ...boxes].join('\n')}
</svg>
`;
}

function boxOf({ name, lines }: PackageNode, place: Place = { x: 0, y: 0 }): string {
  const { x, y } = place;
  const middle = x + box.width / 2;
  const size = `${(lines / 1000).toFixed(1)} k lines`;
  return [
    `<rect x="${x}" y="${y}" width="${box.width}" height="${box.height}" rx="6" fill="#f6f8fa" stroke="#57606a"/>`,
    `<text x="${middle}" y="${y + 20}" text-anchor="middle" font-weight="bold" fill="#1f2328">${name}</text>`,
    `<text x="${middle}" y="${y + 37}" text-anchor="middle" font-size="11" fill="#57606a">${size}</text>`,
  ].join('\n');
}

function arrow(places: ReadonlyMap<string, Place>, from: string, to: string): string {
  const [start, end] = [places.get(from), places.get(to)];
  if (!start || !end) return '';
  const x1 = start.x + box.width / 2;
  const y1 = start.y + box.height;
  const x2 = end.x + box.width / 2;
  const bend = box.gapY / 2;
  return `<path d="M${x1} ${y1}C${x1} ${y1 + bend} ${x2} ${end.y - bend} ${x2} ${end.y}" fill="none" stroke="#57606a" marker-end="url(#tip)"/>`;
}
