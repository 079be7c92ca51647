// Progress lines: live with a spinner on a terminal, printed once in a pipe.
import { printable } from '@berth/common/printable.ts';
import { rowsOf } from '@berth/crictl/pull/progress-bars.ts';
import { shorten, wrap } from './layout.ts';

/** Where lines go: a terminal gets live ones. */
export interface Output {
  readonly isTTY?: boolean | undefined;
  /** Size of a terminal. */
  readonly columns?: number | undefined;
  readonly rows?: number | undefined;
  write(text: string): unknown;
}

export type Mark = 'ok' | 'FAIL' | 'warn' | 'note' | 'wait';

/** The state of one operation. */
export interface StatusLine {
  readonly mark: Mark;
  readonly text: string;
}

const frames = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];
const frameMs = 80;
/** Cells of a mark and the space behind it. */
export const markWidth = 5;

/**
 * A list of operations in progress. A terminal shows every line live, with a spinner while it waits; in a pipe, a line
 * is printed once, when it is settled.
 */
export class StatusLines {
  readonly #output: Output;
  readonly #lines = new Map<string, StatusLine>();
  #drawn: readonly string[] = [];
  #frame = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(output: Output = process.stdout) {
    this.#output = output;
  }

  /** Sets the line of one operation. A settled line does not change any more. Texts may come from containers. */
  set(key: string, mark: Mark, given: string): void {
    const text = printable(given);
    const before = this.#lines.get(key);
    if (before !== undefined && (before.mark !== 'wait' || before.text === text) && before.mark === mark)
      return;
    this.#lines.set(key, { mark, text });
    if (!this.#output.isTTY) {
      if (mark !== 'wait') this.#output.write(`${formatLine(mark, text)}\n`);
      return;
    }
    this.#draw();
    this.#timer ??= setInterval(() => {
      this.#frame++;
      this.#draw();
    }, frameMs);
  }

  /** Leaves the lines as they are and starts below them. */
  end(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    if (this.#output.isTTY && this.#lines.size > 0) {
      const { columns } = this.#size();
      const lines = [...this.#lines.values()].map(({ mark, text }) => formatLine(mark, text));
      this.#redraw(lines.map((line) => wrap(line, columns, markWidth)));
    }
    this.#lines.clear();
    this.#drawn = [];
  }

  #draw(): void {
    this.#redraw(screenLines([...this.#lines.values()], this.#size(), frames[this.#frame % frames.length]));
  }

  /** Takes the place of what was drawn; also of `^C`, which a terminal echoes. */
  #redraw(lines: readonly string[]): void {
    const up = rowsOf(this.#drawn, this.#size().columns);
    const begin = `\r${up > 0 ? `\x1b[${up}A` : ''}`;
    this.#drawn = lines;
    const shown = lines.map((line) => `${paint(line, this.#output)}\x1b[K\n`);
    this.#output.write(`${begin}${shown.join('')}\x1b[J`);
  }

  #size(): { columns: number; rows: number } {
    return { columns: this.#output.columns || 80, rows: this.#output.rows || 24 };
  }
}

/**
 * Pure: the lines to draw, each in one row, at most as many as fit on the screen: what has scrolled away cannot be
 * redrawn. When there are more, those that wait come first, and the last line counts the others.
 */
export function screenLines(
  lines: readonly StatusLine[],
  { columns, rows }: { columns: number; rows: number },
  spinner?: string,
): string[] {
  const room = Math.max(1, rows - 2);
  const format = ({ mark, text }: StatusLine) => shorten(formatLine(mark, text, spinner), columns - 1);
  if (lines.length <= room) return lines.map(format);
  const order = (line: StatusLine) => (line.mark === 'wait' ? 0 : 1);
  const byNeed = lines.toSorted((one, other) => order(one) - order(other));
  const shown = new Set(byNeed.slice(0, room - 1));
  const others = lines.filter((line) => !shown.has(line));
  const counts = (['wait', 'ok', 'warn', 'note', 'FAIL'] as const).flatMap((mark) => {
    const count = others.filter((line) => line.mark === mark).length;
    return count === 0 ? [] : [`${count} ${mark === 'wait' ? 'waiting' : mark}`];
  });
  const rest = shorten(`${' '.repeat(markWidth)}and ${counts.join(', ')}`, columns - 1);
  return [...lines.filter((line) => shown.has(line)).map(format), rest];
}

/** One line: ` ok  text`. */
export function formatLine(mark: Mark, text: string, spinner = '..'): string {
  const isWide = mark.length === 4 && mark !== 'wait';
  return `${(mark === 'wait' ? spinner : mark).padStart(isWide ? 4 : 3)}${isWide ? ' ' : '  '}${text}`;
}

const colours: Readonly<Record<string, number>> = { ' ok ': 32, FAIL: 31, warn: 33 };

/** A line with its mark in colour, where the output shows colours. */
export function paint(line: string, output: Output): string {
  const mark = line.slice(0, markWidth - 1);
  const colour = colours[mark];
  if (colour === undefined || !hasColours(output)) return line;
  return `\x1b[${colour}m${mark}\x1b[0m${line.slice(mark.length)}`;
}

/** Whether an output shows colours: a terminal does, unless NO_COLOR (https://no-color.org) asks for none. */
export function hasColours({ isTTY }: Output, env: NodeJS.ProcessEnv = process.env): boolean {
  return isTTY === true && (env['NO_COLOR'] ?? '') === '' && env['TERM'] !== 'dumb';
}
