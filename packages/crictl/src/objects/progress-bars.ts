import type { WriteStream } from 'node:tty';
import { LayerPhase, type LayerProgress } from '@berth/cri/generated/image-progress.ts';

const barWidth = 24;

/** Lines of a pull that are drawn anew in place as it goes on. */
export class ProgressBars {
  private readonly terminal: WriteStream;
  private drawn = 0;

  constructor(terminal: WriteStream) {
    this.terminal = terminal;
  }

  show(layers: readonly LayerProgress[]): void {
    const { columns = 80, rows = 24 } = this.terminal;
    // Lines that have left the screen cannot be drawn again; those that are done tell the least.
    const room = rows - 2;
    const open = layers.filter(({ phase }) => phase !== LayerPhase.DONE);
    const shown = layers.length <= room ? layers : open.slice(0, room);
    const lines = shown.map((layer) => progressLine(layer).slice(0, columns - 1));
    const up = this.drawn > 0 ? `\x1b[${this.drawn}A` : '';
    this.terminal.write(`${up}\x1b[J${lines.map((line) => `${line}\n`).join('')}`);
    this.drawn = lines.length;
  }
}

/** Pure: one layer as a line, as `0123456789ab downloading [=====>    ]  12.5/50.0 MB`. */
export function progressLine({ digest, phase, doneBytes, totalBytes }: LayerProgress): string {
  const name = digest.replace(/^sha\d+:/, '').slice(0, 12);
  const share = totalBytes === 0n ? 1 : Number(doneBytes) / Number(totalBytes);
  const filled = Math.min(barWidth, Math.floor(share * barWidth));
  const tip = filled < barWidth ? '>' : '';
  const bar = `${'='.repeat(filled)}${tip}`.padEnd(barWidth);
  const amounts = `${megabytes(doneBytes)}/${megabytes(totalBytes)} MB`;
  switch (phase) {
    case LayerPhase.WAITING:
      return `${name} waiting`;
    case LayerPhase.DOWNLOADING:
      return `${name} downloading [${bar}] ${amounts}`;
    case LayerPhase.UNPACKING:
      return `${name} unpacking   [${bar}] ${amounts}`;
    default:
      return `${name} done`;
  }
}

function megabytes(bytes: bigint): string {
  return (Number(bytes) / 1e6).toFixed(1);
}
