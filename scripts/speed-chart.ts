// The figures of a benchmark as an SVG: a bar for each, as long as its share of what the peer takes. Pure.

/** A figure beside its peer's. */
export interface ChartRow {
  title: string;
  /** With its unit. */
  berth: string;
  /** With its unit. */
  peer: string;
  peerName: string;
  /** Berth's by the peer's. */
  ratio: number;
}

const width = 760;
const margin = 16;
const titleWidth = 250;
/** Length of the peer's bar. */
const full = 290;
const rowHeight = 34;
const top = 46;

/** The chart's text. */
export function speedChart(rows: readonly ChartRow[]): string {
  const height = top + rows.length * rowHeight + margin;
  const x = margin + titleWidth;
  return `<svg xmlns="http://www.w3.org/2000/svg" role="img" viewBox="0 0 ${width} ${height}" font-family="sans-serif" font-size="13">
<title>Berth beside its peers: ${rows.map(({ title, ratio }) => `${title} ${ratio} times the peer's`).join(', ')}</title>
<!-- Written by npm run performance -->
<rect width="${width}" height="${height}" fill="#ffffff"/>
<text x="${x}" y="26" font-size="12" fill="#57606a">share of what the peer takes: shorter is better</text>
<path d="M${x + full} 34V${height - margin}" stroke="#57606a" stroke-dasharray="3 3"/>
<text x="${x + full}" y="26" text-anchor="middle" font-size="12" fill="#57606a">peer</text>
${rows.map((row, index) => bar(row, x, top + index * rowHeight)).join('\n')}
</svg>
`;
}

function bar({ title, berth, peer, peerName, ratio }: ChartRow, x: number, y: number): string {
  const length = Math.round(full * ratio);
  const isLonger = ratio > 1;
  const color = isLonger ? '#9a6700' : '#0969da';
  return [
    `<text x="${x - 10}" y="${y + 15}" text-anchor="end" fill="#1f2328">${escaped(title)}</text>`,
    `<rect x="${x}" y="${y}" width="${length}" height="20" rx="3" fill="${color}"><title>${escaped(`${berth}, and ${peer} of ${peerName}`)}</title></rect>`,
    `<text x="${x + Math.max(length, isLonger ? full : 0) + 8}" y="${y + 15}" font-weight="bold" fill="${color}">${ratio.toFixed(2)} ×</text>`,
  ].join('\n');
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('`', '');
}
