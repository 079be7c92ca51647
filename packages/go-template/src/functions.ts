// The builtin functions of Go's templates.
import { sprintf } from './printf.ts';
import { byBytes, inner, isList, isMap, isTrue, JsonNumber, typeName, type Value } from './values.ts';

export interface TemplateFunction {
  /** Minimum number of arguments. */
  least: number;
  /** Maximum number of arguments; unlimited when absent. */
  most?: number;
  /** Number of leading arguments that must be strings; 0 when absent. */
  strings?: number;
  /** Throws an Error with Go's text for invalid arguments. */
  call: (args: readonly Value[]) => Value;
}

/** Functions by name. */
export type Functions = Readonly<Record<string, TemplateFunction>>;

/** A function of one value. */
export const one = (call: (value: Value) => Value): TemplateFunction => ({
  least: 1,
  most: 1,
  call: ([value]) => call(value),
});

const compared = (call: (order: number) => boolean): TemplateFunction => ({
  least: 2,
  most: 2,
  call: ([a, b]) => call(order(a, b)),
});

const ofWords = (encode: (text: string) => string): TemplateFunction => ({
  least: 0,
  call: (args) => encode(args.length === 1 && typeof args[0] === 'string' ? args[0] : print(args)),
});

/** The builtin functions. */
export const goFunctions: Functions = {
  // The executor evaluates the arguments of these two lazily.
  and: { least: 1, call: (args) => args.find((arg) => !isTrue(arg)) ?? args.at(-1) },
  or: { least: 1, call: (args) => args.find(isTrue) ?? args.at(-1) },
  not: one((value) => !isTrue(value)),
  len: one(length),
  index: { least: 1, call: ([item, ...indexes]) => indexes.reduce(index, known(item, 'index')) },
  slice: { least: 1, call: ([item, ...indexes]) => slice(known(item, 'slice'), indexes) },
  eq: { least: 1, call: ([first, ...others]) => equal(first, others) },
  ne: { least: 2, most: 2, call: ([a, b]) => !equal(a, [b]) },
  lt: compared((order) => order < 0),
  le: compared((order) => order <= 0),
  gt: compared((order) => order > 0),
  ge: compared((order) => order >= 0),
  print: { least: 0, call: print },
  println: { least: 0, call: (args) => `${args.map(inner).join(' ')}\n` },
  printf: {
    least: 1,
    strings: 1,
    call: ([format, ...args]) => sprintf(typeof format === 'string' ? format : '', args),
  },
  html: ofWords((text) =>
    text.replaceAll('\0', '\uFFFD').replace(/["&'<>]/g, (sign) => `&${entities[sign]};`),
  ),
  js: ofWords((text) =>
    [...text]
      .map((sign) => {
        if (/[\\'"]/.test(sign)) return `\\${sign}`;
        const isCode = sign < ' ' || /[<>&=]/.test(sign);
        return isCode ? `\\u${sign.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}` : sign;
      })
      .join(''),
  ),
  urlquery: ofWords((text) =>
    encodeURIComponent(text)
      .replace(/[!'()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`)
      .replaceAll('%20', '+'),
  ),
  call: {
    least: 1,
    call: ([value]) => {
      throw new Error(
        value === undefined || value === null ? 'call of nil' : `non-function of type ${typeName(value)}`,
      );
    },
  },
};

const entities: Readonly<Record<string, string>> = {
  '"': '#34',
  '&': 'amp',
  "'": '#39',
  '<': 'lt',
  '>': 'gt',
};

/** Joins operands as fmt.Sprint does: with spaces only between two that are not strings. */
function print(args: readonly Value[]): string {
  const isText = (value: Value) => typeof value === 'string' || value instanceof JsonNumber;
  return args
    .map((arg, at) => (at > 0 && !isText(arg) && !isText(args[at - 1]) ? ` ${inner(arg)}` : inner(arg)))
    .join('');
}

function known(value: Value, doing: string): Value {
  if (value === undefined || value === null) throw new Error(`${doing} of untyped nil`);
  return value;
}

function length(value: Value): bigint {
  if (value === undefined || value === null)
    throw new Error('reflect: call of reflect.Value.Type on zero Value');
  if (typeof value === 'string') return BigInt(Buffer.byteLength(value));
  if (value instanceof JsonNumber) return BigInt(value.text.length);
  if (isList(value)) return BigInt(value.length);
  if (isMap(value)) return BigInt(value.size);
  throw new Error(`len of type ${typeName(value)}`);
}

function index(item: Value, at: Value): Value {
  if (item === undefined || item === null) throw new Error('index of nil pointer');
  if (isMap(item)) {
    if (typeof at !== 'string') {
      throw new Error(
        at === undefined || at === null
          ? 'value is nil; should be of type string'
          : `value has type ${typeName(at)}; should be string`,
      );
    }
    return item.get(at) ?? null;
  }
  const text = item instanceof JsonNumber ? item.text : item;
  const list = isList(item)
    ? item
    : typeof text === 'string'
      ? [...Buffer.from(text)].map(BigInt)
      : undefined;
  if (list === undefined) throw new Error(`can't index item of type ${typeName(item)}`);
  const place = position(at);
  if (place < 0 || place > list.length) throw new Error(`index out of range: ${place}`);
  if (place === list.length) {
    throw new Error(`reflect: ${isList(item) ? 'slice' : 'string'} index out of range`);
  }
  return list[place];
}

function position(at: Value): number {
  if (at === undefined || at === null) throw new Error('cannot index slice/array with nil');
  if (typeof at !== 'bigint') throw new Error(`cannot index slice/array with type ${typeName(at)}`);
  return Number(at);
}

function slice(item: Value, indexes: readonly Value[]): Value {
  if (indexes.length > 3) throw new Error(`too many slice indexes: ${indexes.length}`);
  if (typeof item !== 'string' && !isList(item))
    throw new Error(`can't slice item of type ${typeName(item)}`);
  if (typeof item === 'string' && indexes.length === 3) throw new Error('cannot 3-index slice a string');
  const bytes = typeof item === 'string' ? Buffer.from(item) : undefined;
  const size = bytes?.length ?? item.length;
  const places = indexes.map(position);
  for (const place of places) if (place < 0 || place > size) throw new Error(`index out of range: ${place}`);
  const [start = 0, end = size] = places;
  if (start > end) throw new Error(`invalid slice index: ${start} > ${end}`);
  return bytes === undefined ? item.slice(start, end) : bytes.subarray(start, end).toString();
}

type Kind = 'bool' | 'int' | 'float' | 'string';

function basicKind(value: Value): Kind | undefined {
  if (typeof value === 'boolean') return 'bool';
  if (typeof value === 'bigint') return 'int';
  if (typeof value === 'number') return 'float';
  return typeof value === 'string' || value instanceof JsonNumber ? 'string' : undefined;
}

const plain = (value: Value) => (value instanceof JsonNumber ? value.text : value);

const incompatible = (a: Value, b: Value) =>
  new Error(`incompatible types for comparison: ${typeName(a)} and ${typeName(b)}`);

function equal(first: Value, others: readonly Value[]): boolean {
  if (others.length === 0) throw new Error('missing argument for comparison');
  const isNil = (value: Value) => value === undefined || value === null;
  return others.some((other) => {
    if (isNil(first) || isNil(other)) return isNil(first) && isNil(other);
    const kind = basicKind(first);
    if (kind !== basicKind(other)) throw incompatible(first, other);
    if (kind === undefined) throw new Error(`non-comparable type ${inner(first)}: ${typeName(first)}`);
    return plain(first) === plain(other);
  });
}

/** Compares two values; negative when `a` is less. */
function order(a: Value, b: Value): number {
  const kinds = [basicKind(a), basicKind(b)];
  if (kinds.includes(undefined)) throw new Error('invalid type for comparison');
  if (kinds[0] !== kinds[1]) throw incompatible(a, b);
  const [left, right] = [plain(a), plain(b)];
  if (typeof left === 'string' && typeof right === 'string') return byBytes(left, right);
  if (typeof left === 'bigint' && typeof right === 'bigint') return left < right ? -1 : left > right ? 1 : 0;
  if (typeof left === 'number' && typeof right === 'number') return left - right;
  throw new Error('invalid type for comparison');
}
