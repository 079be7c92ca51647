// The progress bars of `crictl pull` on a terminal.
import type { WriteStream } from 'node:tty';
import { LayerPhase, type LayerProgress } from '@berth/cri/generated/image-progress.ts';

export interface Size {
  columns: number;
  rows: number;
}

/** Progress bars of a pull, one line per layer. Redraws them in place, also when the terminal is resized. */
export class ProgressBars implements Disposable {
  readonly #terminal: WriteStream;
  #layers: readonly LayerProgress[] = [];
  #drawn: readonly string[] = [];

  constructor(terminal: WriteStream) {
    this.#terminal = terminal;
    terminal.on('resize', this.#draw);
  }

  show(layers: readonly LayerProgress[]): void {
    this.#layers = layers;
    this.#draw();
  }

  /** Leaves the last drawing on the screen and stops redrawing. */
  [Symbol.dispose](): void {
    this.#terminal.removeListener('resize', this.#draw);
  }

  readonly #draw = (): void => {
    const size = { columns: this.#terminal.columns || 80, rows: this.#terminal.rows || 24 };
    const lines = progressLines(this.#layers, size);
    const up = rowsOf(this.#drawn, size.columns);
    this.#terminal.write(`${up > 0 ? `\x1b[${up}A` : ''}\x1b[J${lines.map((line) => `${line}\n`).join('')}`);
    this.#drawn = lines;
  };
}

/**
 * Pure: the lines to draw for the layers, at most as many as fit on the screen: scrolled lines cannot be redrawn.
 * Omits finished layers first.
 */
export function progressLines(layers: readonly LayerProgress[], { columns, rows }: Size): string[] {
  const maxLines = Math.max(1, rows - 2);
  const open = layers.filter(({ phase }) => phase !== LayerPhase.DONE);
  const shown = layers.length <= maxLines ? layers : open.slice(0, maxLines);
  return shown.map((layer) => progressLine(layer, columns - 1));
}

/** Pure: the rows that lines take on a terminal that wraps them, as most do when they become narrower. */
export function rowsOf(lines: readonly string[], columns: number): number {
  return lines.reduce((rows, line) => rows + Math.max(1, Math.ceil(line.length / columns)), 0);
}

const titles: Readonly<Record<LayerPhase, string>> = {
  [LayerPhase.WAITING]: 'waiting',
  [LayerPhase.DOWNLOADING]: 'downloading',
  [LayerPhase.UNPACKING]: 'unpacking',
  [LayerPhase.DONE]: 'done',
};
const titleWidth = 'downloading'.length;
const widestBar = 24;
const narrowestBar = 5;

/**
 * Pure: the line of one layer, of at most `width` characters: `0123456789ab downloading [=====>    ] 12.5/50.0 MB`.
 * A narrower line has no bar, and the narrowest only a percentage.
 */
export function progressLine({ digest, phase, doneBytes, totalBytes }: LayerProgress, width: number): string {
  const name = digest.replace(/^sha\d+:/, '').slice(0, 12);
  const begin = `${name} ${titles[phase] ?? 'done'}`;
  if (phase !== LayerPhase.DOWNLOADING && phase !== LayerPhase.UNPACKING) return begin.slice(0, width);
  const share = totalBytes === 0n ? 1 : Math.min(1, Number(doneBytes) / Number(totalBytes));
  const amounts = `${megabytes(doneBytes)}/${megabytes(totalBytes)} MB`;
  const barWidth = Math.min(widestBar, width - name.length - titleWidth - amounts.length - 5);
  if (barWidth >= narrowestBar) {
    const title = begin.padEnd(name.length + 1 + titleWidth);
    return `${title} [${bar(share, barWidth)}] ${amounts}`;
  }
  const percent = `${Math.floor(share * 100)}%`;
  const shorter = [`${begin} ${amounts}`, `${begin} ${percent}`, `${name} ${percent}`, percent];
  return (shorter.find((line) => line.length <= width) ?? percent).slice(0, width);
}

function bar(share: number, width: number): string {
  const filled = Math.floor(share * width);
  return `${'='.repeat(filled)}${filled < width ? '>' : ''}`.padEnd(width);
}

function megabytes(bytes: bigint): string {
  return (Number(bytes) / 1e6).toFixed(1);
}
