/** JSON that came from outside does not have the shape that its specification asks for; `message` names the field. */
export class MalformedDocumentError extends Error {
  override readonly name = 'MalformedDocumentError';
}

/**
 * A place inside a parsed JSON document that knows its own path, so that reading a field either gives a value
 * of the right type or an error such as `manifest.layers[2].size: expected a number, got "x"`.
 */
export class JsonCursor {
  readonly value: unknown;
  readonly path: string;

  constructor(value: unknown, path: string) {
    this.value = value;
    this.path = path;
  }

  /** Parses text; `name` is what the document is called in errors. */
  static parse(text: string | Buffer, name: string): JsonCursor {
    try {
      return new JsonCursor(JSON.parse(text.toString()), name);
    } catch (cause) {
      throw new MalformedDocumentError(
        `${name}: not JSON: ${cause instanceof Error ? cause.message : cause}`,
        {
          cause,
        },
      );
    }
  }

  /** Builds the error for this place. */
  error(problem: string): MalformedDocumentError {
    return new MalformedDocumentError(`${this.path}: ${problem}`);
  }

  /** Absent and null are the same, as they are to Go's decoder, which writes and reads most of these documents. */
  get isPresent(): boolean {
    return this.value !== undefined && this.value !== null;
  }

  /** The member called `name`; a cursor on nothing when it is absent. */
  field(name: string): JsonCursor {
    const object = this.record();
    return new JsonCursor(Object.hasOwn(object, name) ? object[name] : undefined, `${this.path}.${name}`);
  }

  /** `read` of this place, or undefined when nothing is here. */
  optional<T>(read: (cursor: JsonCursor) => T): T | undefined {
    return this.isPresent ? read(this) : undefined;
  }

  string(): string {
    if (typeof this.value !== 'string') throw this.expected('a string');
    return this.value;
  }

  boolean(): boolean {
    if (typeof this.value !== 'boolean') throw this.expected('true or false');
    return this.value;
  }

  /** A whole number that is not negative. */
  count(): number {
    if (typeof this.value !== 'number' || !Number.isSafeInteger(this.value) || this.value < 0) {
      throw this.expected('a whole number');
    }
    return this.value;
  }

  array(): JsonCursor[] {
    if (!Array.isArray(this.value)) throw this.expected('an array');
    return this.value.map((item, index) => new JsonCursor(item, `${this.path}[${index}]`));
  }

  strings(): string[] {
    return this.array().map((item) => item.string());
  }

  /** An object whose members are all strings. */
  stringMap(): Record<string, string> {
    const entries = Object.entries(this.record());
    return Object.fromEntries(
      entries.map(([key, value]) => [
        key,
        new JsonCursor(value, `${this.path}[${JSON.stringify(key)}]`).string(),
      ]),
    );
  }

  /** The members of this object, not looked at yet. */
  record(): Record<string, unknown> {
    if (!isRecord(this.value)) throw this.expected('an object');
    return this.value;
  }

  private expected(what: string): MalformedDocumentError {
    const got = this.value === undefined ? 'nothing' : JSON.stringify(this.value).slice(0, 60);
    return this.error(`expected ${what}, got ${got}`);
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
