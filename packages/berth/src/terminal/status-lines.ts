// Lines that show the state of things under way, live on a terminal.
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
 * A list of things under way. On a terminal every line shows its state live, with a spinner while it
 * waits; in a pipe a line is printed once, when it is settled.
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

  /** Sets the line of one thing. Once it is settled it stays. */
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

  /** Lines that will be drawn over are cut, since one that the terminal wraps would be two. */
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
