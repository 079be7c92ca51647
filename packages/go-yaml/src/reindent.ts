// Go's parser ignores the indentation of lines inside quotes and brackets; the parser used here does not. Such lines can
// be indented further without a change of meaning.

/** A text whose lines inside quotes and brackets are indented deep enough for any parser. */
export interface Reindented {
  readonly text: string;
  /** The added indentation of each moved line, by line number from 1. */
  readonly shifts: ReadonlyMap<number, number>;
}

/** Indents the lines that begin inside quotes or brackets deeper than all other lines. */
export function reindent(text: string): Reindented {
  const deepest = Math.max(0, ...[...text.matchAll(/^ +/gm)].map(([blanks]) => blanks.length));
  const shift = deepest + 1;
  const shifts = new Map<number, number>();
  const scanner = new Scanner();
  const moved = text.split('\n').map((line, index) => {
    const isInside = scanner.isInside;
    scanner.line(line);
    if (!isInside || line.trim() === '') return line;
    shifts.set(index + 1, shift);
    return ' '.repeat(shift) + line;
  });
  return { text: moved.join('\n'), shifts };
}

/** Tracks quotes, brackets, comments and block scalars line by line. */
class Scanner {
  #quote: '"' | "'" | undefined;
  #depth = 0;
  /** The minimum indentation of the block scalar's lines; `undefined` outside of one. */
  #block: { parent: number; indent: number | undefined } | undefined;

  get isInside(): boolean {
    return this.#quote !== undefined || this.#depth > 0;
  }

  line(line: string): void {
    if (this.#block && this.#isBlockLine(line)) return;
    this.#block = undefined;
    let at = this.#quote ? this.#skipQuoted(line, 0) : 0;
    let parent = -1;
    while (at < line.length) {
      const rest = line.slice(at);
      const [blanks = ''] = /^[ \t]+/.exec(rest) ?? [];
      if (blanks !== '') at += blanks.length;
      else if (rest.startsWith('#') && /(^|[ \t[\]{},])$/.test(line.slice(0, at))) return;
      else if (/^[-?](?=[ \t]|$)/.test(rest)) {
        parent = at;
        at += 1;
      } else if (/^["']/.test(rest)) {
        this.#quote = rest.startsWith('"') ? '"' : "'";
        if (parent === -1 || this.#depth === 0) parent = at;
        at = this.#skipQuoted(line, at + 1);
      } else if (/^[[{]/.test(rest)) {
        this.#depth += 1;
        at += 1;
      } else if (this.#depth > 0 && /^[\]},]/.test(rest)) {
        if (!rest.startsWith(',')) this.#depth -= 1;
        at += 1;
      } else if (this.#depth === 0 && /^[|>]/.test(rest)) {
        const digit = /^[|>][-+]?(\d)/.exec(rest)?.[1];
        this.#block = { parent, indent: digit === undefined ? undefined : parent + Number(digit) };
        return;
      } else if (/^:(?=[ \t]|$)/.test(rest) || (this.#depth > 0 && rest.startsWith(':'))) at += 1;
      else if (/^[&*!]/.test(rest)) at += /^[^ \t]+/.exec(rest)?.[0].length ?? 1;
      else {
        parent = at;
        at += this.#plainLength(rest);
      }
    }
  }

  #isBlockLine(line: string): boolean {
    if (!this.#block || line.trim() === '') return true;
    const indent = /^ */.exec(line)?.[0].length ?? 0;
    this.#block.indent ??= indent > this.#block.parent ? indent : Infinity;
    return indent >= this.#block.indent;
  }

  /** The end of the quoted text that continues at `from`; the end of the line when it does not end there. */
  #skipQuoted(line: string, from: number): number {
    const pattern = this.#quote === '"' ? /^(?:[^"\\]|\\.)*"/s : /^(?:[^']|'')*'(?!')/s;
    const [quoted] = pattern.exec(line.slice(from)) ?? [];
    if (quoted === undefined) return line.length;
    this.#quote = undefined;
    return from + quoted.length;
  }

  #plainLength(rest: string): number {
    const end = this.#depth > 0 ? /[,[\]{}]|:(?=[ \t,[\]{}]|$)|[ \t]#/ : /:(?=[ \t]|$)|[ \t]#/;
    const found = rest.slice(1).search(end);
    return found === -1 ? rest.length : found + 1;
  }
}
