// Progress lines: live with a spinner on a terminal, printed once in a pipe.
/** Where lines go: a terminal gets live ones. */
export interface Output {
  readonly isTTY?: boolean | undefined;
  /** Width of a terminal. */
  readonly columns?: number | undefined;
  write(text: string): unknown;
}

export type Mark = 'ok' | 'FAIL' | 'warn' | 'wait';

const frames = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];
const frameMs = 80;

/**
 * A list of operations in progress. A terminal shows every line live, with a spinner while it waits; in a pipe, a line
 * is printed once, when it is settled.
 */
export class StatusLines {
  readonly #output: Output;
  readonly #lines = new Map<string, { mark: Mark; text: string }>();
  #drawn = 0;
  #frame = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(output: Output = process.stdout) {
    this.#output = output;
  }

  /** Sets the line of one operation. A settled line does not change any more. */
  set(key: string, mark: Mark, text: string): void {
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
    if (this.#output.isTTY && this.#drawn > 0) this.#draw(Number.POSITIVE_INFINITY);
    this.#timer = undefined;
    this.#lines.clear();
    this.#drawn = 0;
  }

  /** Truncates lines that will be redrawn: a line that the terminal wraps would take two rows. */
  #draw(width = this.#output.columns): void {
    const up = this.#drawn > 0 ? `\x1b[${this.#drawn}A` : '';
    const spinner = frames[this.#frame % frames.length];
    const lines = [...this.#lines.values()].map(
      ({ mark, text }) => `\x1b[2K${formatLine(mark, text, spinner).slice(0, width)}\n`,
    );
    this.#drawn = lines.length;
    this.#output.write(up + lines.join(''));
  }
}

/** One line: ` ok  text`. */
export function formatLine(mark: Mark, text: string, spinner = '..'): string {
  const isWide = mark === 'FAIL' || mark === 'warn';
  return `${(mark === 'wait' ? spinner : mark).padStart(isWide ? 4 : 3)}${isWide ? ' ' : '  '}${text}`;
}
