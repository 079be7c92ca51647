// Draws what a terminal showed as an animated SVG image, which needs no script and no other file. Pure.

/** What a terminal showed from a moment on. */
export interface Frame {
  /** Milliseconds since the recording began. */
  readonly at: number;
  /** Its rows, with escape sequences of colours (SGR). */
  readonly text: string;
}

/** Size of the terminal in cells, and how long the last frame stays, in milliseconds. */
export interface CastOptions {
  readonly columns: number;
  readonly rows: number;
  readonly lastMs: number;
  /** For readers of screens. */
  readonly title: string;
}

const cell = { width: 7.2, height: 16 };
const margin = 14;

/** ESC [ parameters m */
const colourSequence = new RegExp(`${String.fromCharCode(27)}\\[([\\d;]*)m`);

/** Colours by class: a terminal is dark in light themes, too. */
const style = `
svg { font: 12px ui-monospace, Menlo, Consolas, "DejaVu Sans Mono", monospace; }
text { white-space: pre; fill: #e6edf3; } .back { fill: #0d1117; }
.c1 { fill: #ff7b72; } .c2 { fill: #3fb950; } .c3 { fill: #d29922; } .c4 { fill: #58a6ff; } .c5 { fill: #bc8cff; } .c6 { fill: #39c5cf; }
.bold { font-weight: bold; } .faint { fill: #9198a1; } .reverse { fill: #39c5cf; font-weight: bold; }
.frame { visibility: hidden; } .frame:last-of-type { visibility: visible; }`;

/** The frames without those that show the same as the one before. */
export function distinctFrames(frames: readonly Frame[]): Frame[] {
  return frames.filter((frame, index) => frame.text !== frames[index - 1]?.text);
}

/** The image. Frames are in the order of time; there is one at least. */
export function castSvg(frames: readonly Frame[], { columns, rows, lastMs, title }: CastOptions): string {
  const shown = distinctFrames(frames);
  const end = (shown.at(-1)?.at ?? 0) + lastMs;
  const percent = (at: number) => ((100 * at) / end).toFixed(3);
  const ids = new Map<string, string>();
  const uses = shown.map(({ text }) =>
    text.split('\n').flatMap((row, index) => {
      const drawn = drawnRow(row);
      if (drawn === '') return [];
      const id = ids.get(drawn) ?? `r${ids.size}`;
      ids.set(drawn, id);
      return [`<use href="#${id}" y="${index * cell.height}"/>`];
    }),
  );
  const animations = shown.map(({ at }, index) => {
    const until = shown[index + 1]?.at;
    const from = `${percent(at)}% { visibility: visible; }`;
    return `@keyframes f${index} { 0% { visibility: hidden; } ${from} ${until === undefined ? '' : `${percent(until)}% { visibility: hidden; } `}}`;
  });
  const [width, height] = [columns * cell.width + 2 * margin, rows * cell.height + 2 * margin];
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img">`,
    `<title>${escaped(title)}</title>`,
    `<style>${style}\n@media (prefers-reduced-motion: no-preference) { .frame { animation: ${end}ms step-end infinite; } }\n${animations.join('\n')}</style>`,
    `<defs>${[...ids].map(([row, id]) => `<text id="${id}" xml:space="preserve" y="${margin + 12}">${row}</text>`).join('\n')}</defs>`,
    `<rect class="back" width="${width}" height="${height}" rx="8"/>`,
    ...uses.map(
      (rowsOfFrame, index) =>
        `<g class="frame" style="animation-name: f${index}">${rowsOfFrame.join('')}</g>`,
    ),
    '</svg>\n',
  ].join('\n');
}

/** The spans of one row; empty for an empty row. */
function drawnRow(row: string): string {
  const spans: string[] = [];
  let classes: readonly string[] = [];
  let column = 0;
  // A capture holds no other sequences than those of colours.
  for (const [index, part] of row.split(colourSequence).entries()) {
    if (index % 2 === 1) {
      classes = classesAfter(classes, part);
      continue;
    }
    const length = [...part].length;
    if (part.trim() !== '') {
      const named = classes.length === 0 ? '' : ` class="${classes.join(' ')}"`;
      const x = (margin + column * cell.width).toFixed(1);
      spans.push(
        `<tspan${named} x="${x}" textLength="${(length * cell.width).toFixed(1)}">${escaped(part)}</tspan>`,
      );
    }
    column += length;
  }
  return spans.join('');
}

/** The classes of text after an escape sequence with these parameters. */
function classesAfter(classes: readonly string[], parameters: string): string[] {
  let current = new Set(classes);
  for (const code of parameters.split(';').map(Number)) {
    if (code === 0) current = new Set();
    else if (code === 1) current.add('bold');
    else if (code === 2 || code === 90) current.add('faint');
    else if (code === 7) current.add('reverse');
    else if (code >= 31 && code <= 36) current.add(`c${code - 30}`);
    else if (code === 39) current = new Set([...current].filter((each) => !/^c\d$/.test(each)));
  }
  return [...current];
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
