/** A value of the TOML subset that parseToml reads. */
export type TomlValue = string | number | boolean | TomlValue[] | TomlTable;
/** Members in the order of the file. */
export type TomlTable = Map<string, TomlValue>;

/** `message` gives the line. */
export class TomlError extends Error {
  override readonly name = 'TomlError';
}

/**
 * Reads the part of TOML 1.0 that hosts.toml files use: tables, dotted and quoted keys, basic and literal strings,
 * whole numbers, booleans, arrays, inline tables, comments. Anything else (floats, dates, multi-line strings,
 * arrays of tables) and any key given twice is an error.
 */
export function parseToml(text: string): TomlTable {
  return new Parser(text).document();
}

const escapes: Record<string, string> = { b: '\b', t: '\t', n: '\n', f: '\f', r: '\r', '"': '"', '\\': '\\' };

class Parser {
  private readonly text: string;
  private position = 0;

  constructor(text: string) {
    this.text = text.replaceAll('\r\n', '\n');
  }

  document(): TomlTable {
    const root: TomlTable = new Map();
    const opened = new Set<TomlTable>();
    let table = root;
    for (this.skipBlank(); this.position < this.text.length; this.skipBlank()) {
      if (this.text.startsWith('[[', this.position)) throw this.error('arrays of tables are not supported');
      if (this.accept('[')) {
        const key = this.key();
        this.expect(']');
        table = this.descend(root, key);
        if (opened.has(table)) throw this.error(`table ${key.join('.')} is given twice`);
        opened.add(table);
      } else {
        this.assignment(table);
      }
      this.endOfLine();
    }
    return root;
  }

  private assignment(table: TomlTable): void {
    const key = this.key();
    const name = key.pop() ?? '';
    this.expect('=');
    this.skipSpace();
    const target = this.descend(table, key);
    if (target.has(name)) throw this.error(`${name} is given twice`);
    target.set(name, this.value());
  }

  private descend(table: TomlTable, key: string[]): TomlTable {
    let current = table;
    for (const part of key) {
      const next = current.get(part) ?? new Map<string, TomlValue>();
      if (!(next instanceof Map)) throw this.error(`${part} is a value, not a table`);
      current.set(part, next);
      current = next;
    }
    return current;
  }

  private key(): string[] {
    const parts = [];
    do {
      this.skipSpace();
      const quote = this.text[this.position];
      if (quote === '"' || quote === "'") {
        parts.push(this.string());
      } else {
        const bare = this.match(/[A-Za-z0-9_-]+/y);
        if (bare === undefined) throw this.error('expected a key');
        parts.push(bare);
      }
      this.skipSpace();
    } while (this.accept('.'));
    return parts;
  }

  private value(): TomlValue {
    const first = this.text[this.position];
    if (first === '"' || first === "'") return this.string();
    if (this.accept('[')) return this.array();
    if (this.accept('{')) return this.inlineTable();
    const word = this.match(/[A-Za-z0-9_+.:-]+/y) ?? '';
    if (word === 'true' || word === 'false') return word === 'true';
    if (/^[+-]?(0|[1-9][0-9]*)$/.test(word)) return Number(word);
    throw this.error(`${word === '' ? 'a value is missing' : `unsupported value ${word}`}`);
  }

  private array(): TomlValue[] {
    const items: TomlValue[] = [];
    for (;;) {
      this.skipBlank();
      if (this.accept(']')) return items;
      items.push(this.value());
      this.skipBlank();
      if (this.accept(']')) return items;
      this.expect(',');
    }
  }

  private inlineTable(): TomlTable {
    const table: TomlTable = new Map();
    this.skipSpace();
    if (this.accept('}')) return table;
    for (;;) {
      this.assignment(table);
      this.skipSpace();
      if (this.accept('}')) return table;
      this.expect(',');
    }
  }

  private string(): string {
    if (/"""|'''/y.test(this.text.slice(this.position, this.position + 3))) {
      throw this.error('multi-line strings are not supported');
    }
    const literal = this.match(/'[^'\n]*'/y);
    if (literal !== undefined) return literal.slice(1, -1);
    const basic = this.match(/"(?:[^"\\\n]|\\.)*"/y);
    if (basic === undefined) throw this.error('the string does not end');
    return basic
      .slice(1, -1)
      .replace(/\\(?:u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|(.))/g, (_, short, long, letter) => {
        const point = short ?? long;
        const character = point === undefined ? escapes[letter] : codePoint(Number.parseInt(point, 16));
        if (character === undefined) throw this.error(`unknown escape in ${basic}`);
        return character;
      });
  }

  private skipSpace(): void {
    this.match(/[ \t]*/y);
  }

  private skipBlank(): void {
    this.match(/(?:[ \t\n]|#[^\n]*)*/y);
  }

  private endOfLine(): void {
    this.match(/[ \t]*(?:#[^\n]*)?/y);
    if (this.position < this.text.length && this.text[this.position] !== '\n') {
      throw this.error(`unexpected ${JSON.stringify(this.text[this.position])}`);
    }
  }

  private accept(symbol: string): boolean {
    if (this.text[this.position] !== symbol) return false;
    this.position += 1;
    return true;
  }

  private expect(symbol: string): void {
    if (!this.accept(symbol)) throw this.error(`expected ${symbol}`);
  }

  private match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.position;
    const [found] = pattern.exec(this.text) ?? [];
    this.position += found?.length ?? 0;
    return found;
  }

  private error(problem: string): TomlError {
    return new TomlError(`line ${this.text.slice(0, this.position).split('\n').length}: ${problem}`);
  }
}

function codePoint(value: number): string | undefined {
  return value <= 0x10ffff ? String.fromCodePoint(value) : undefined;
}
