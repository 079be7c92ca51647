// Reads untrusted JSON field by field, with Go's decoding rules and errors that name the path of the field.
import { messageOf } from '../error-message.ts';
import { escapeUnprintable, printable, quoted } from '../printable.ts';
import { hasDuplicateMembers, isSameMember } from './ambiguous.ts';
import { isObject } from './is-object.ts';

/** A JSON document does not have the shape that its specification requires; the message names the field. */
export class MalformedDocumentError extends Error {
  override readonly name = 'MalformedDocumentError';
}

/** Maximum number of spellings of a member's name in an object. */
type Spellings = 'one' | 'any';

/**
 * A value inside a parsed JSON document, and its path. Reading a field returns a value of the right type, or throws an
 * error such as `manifest.layers[2].size: expected a number, got "x"`.
 */
export class JsonCursor {
  readonly value: unknown;
  readonly path: string;
  readonly #spellings: Spellings;

  constructor(value: unknown, path: string, spellings: Spellings = 'any') {
    this.value = value;
    this.path = path;
    this.#spellings = spellings;
  }

  /** Parses text; `name` is the document's name in errors. */
  static parse(text: string | Buffer, name: string): JsonCursor {
    try {
      return new JsonCursor(JSON.parse(text.toString()), name);
    } catch (cause) {
      throw new MalformedDocumentError(`${name}: not JSON: ${printable(messageOf(cause))}`, { cause });
    }
  }

  /**
   * Parses a text that other tools must read as the same document: refuses duplicate member names and, in the objects
   * that are read, names that Go's decoder treats as equal.
   */
  static parseUnambiguous(text: string | Buffer, name: string): JsonCursor {
    const whole = text.toString();
    const { value } = JsonCursor.parse(whole, name);
    if (hasDuplicateMembers(whole, value)) {
      throw new MalformedDocumentError(`${name}: ambiguous: an object has two members of one name`);
    }
    return new JsonCursor(value, name, 'one');
  }

  /** Builds the error for this place. */
  error(problem: string): MalformedDocumentError {
    return new MalformedDocumentError(`${this.path}: ${problem}`);
  }

  /** Treats null as absent, as Go's decoder does. */
  get isPresent(): boolean {
    return this.value !== undefined && this.value !== null;
  }

  /**
   * The member called `name`, ignoring case as Go's decoder does. Returns a cursor on an absent value if there is none.
   * @throws MalformedDocumentError for two spellings of the name, after parseUnambiguous
   */
  field(name: string): JsonCursor {
    const object = this.record();
    const found = Object.keys(object).filter((key) => isSameMember(key, name));
    if (found.length > 1 && this.#spellings === 'one') {
      throw this.error(
        `ambiguous: ${found.map((key) => quoted(key)).join(' and ')} are one member to other tools`,
      );
    }
    const key = found.includes(name) ? name : found[0];
    return this.#at(key === undefined ? undefined : object[key], `${this.path}.${name}`);
  }

  #at(value: unknown, path: string): JsonCursor {
    return new JsonCursor(value, path, this.#spellings);
  }

  /** The result of `read`, or undefined when the value is absent. */
  optional<T>(read: (cursor: JsonCursor) => T): T | undefined {
    return this.isPresent ? read(this) : undefined;
  }

  string(): string {
    if (typeof this.value !== 'string') throw this.#expected('a string');
    return this.value;
  }

  boolean(): boolean {
    if (typeof this.value !== 'boolean') throw this.#expected('true or false');
    return this.value;
  }

  /** A whole number that is not negative. */
  count(): number {
    if (typeof this.value !== 'number' || !Number.isSafeInteger(this.value) || this.value < 0) {
      throw this.#expected('a whole number');
    }
    return this.value;
  }

  array(): JsonCursor[] {
    if (!Array.isArray(this.value)) throw this.#expected('an array');
    return this.value.map((item, index) => this.#at(item, `${this.path}[${index}]`));
  }

  /** A list of strings. A null element is the empty string, as in Go's decoder. */
  strings(): string[] {
    // A document may contain a million strings: make cursors only if an element is not a string.
    if (isStringArray(this.value)) return this.value;
    return this.array().map((item) => item.optional((it) => it.string()) ?? '');
  }

  /** An object of strings. A null member is the empty string. */
  stringMap(): Record<string, string> {
    const object = this.record();
    if (isStringMap(object)) return object;
    const members = Object.entries(object).map(([key, value]): [string, string] => {
      if (value === null) return [key, ''];
      if (typeof value === 'string') return [key, value];
      throw this.#at(value, `${this.path}[${quoted(key)}]`).#expected('a string');
    });
    return Object.fromEntries(members);
  }

  /** The members of this object, unchecked. */
  record(): Record<string, unknown> {
    if (!isObject(this.value)) throw this.#expected('an object');
    return this.value;
  }

  #expected(what: string): MalformedDocumentError {
    return this.error(`expected ${what}, got ${this.value === undefined ? 'nothing' : excerpt(this.value)}`);
  }
}

/** Maximum number of characters of a wrong value in an error. */
const shownOfValue = 60;

/** The beginning of a value as JSON. Stops reading there, because a document may be large or deep. */
function excerpt(value: unknown): string {
  return escapeUnprintable(beginning(value, shownOfValue).slice(0, shownOfValue));
}

function beginning(value: unknown, limit: number): string {
  if (typeof value === 'string') return JSON.stringify(value.slice(0, Math.max(limit, 0)));
  if (!Array.isArray(value) && !isObject(value)) return String(value);
  const members: [key: string, value: unknown][] = Array.isArray(value)
    ? value.slice(0, shownOfValue).map((item: unknown) => ['', item])
    : Object.keys(value)
        .slice(0, shownOfValue)
        .map((key) => [`${JSON.stringify(key.slice(0, shownOfValue))}:`, value[key]]);
  const [open, close] = Array.isArray(value) ? ['[', ']'] : ['{', '}'];
  let text = open;
  for (const [key, member] of members) {
    if (text.length >= limit) return text;
    text += `${text === open ? '' : ','}${key}`;
    text += beginning(member, limit - text.length);
  }
  return text + close;
}

function isStringArray(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string');
}

function isStringMap(object: Record<string, unknown>): object is Record<string, string> {
  for (const key in object) if (typeof object[key] !== 'string') return false;
  return true;
}
