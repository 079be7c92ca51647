// The verbs of Go's fmt for the values of templates.
import { float, inner, isList, isMap, JsonNumber, Struct, typeName, type Value } from './values.ts';

/** Pure: formats as fmt.Sprintf does, which reports errors within the text, such as `%!d(string=x)`. */
export function sprintf(format: string, args: readonly Value[]): string {
  let next = 0;
  const text = format.replace(
    /%([-+# 0]*)(\d+|\*)?(?:\.(\d+|\*)?)?([\s\S]|$)/g,
    (whole, flags: string, width = '', precision: string | undefined, verb: string) => {
      if (verb === '%') return '%';
      if (verb === '') return '%!(NOVERB)';
      const size = width === '*' ? Number(args[next++]) : Number(width || 0);
      if (next >= args.length) return `%!${verb}(MISSING)`;
      const digits = /\.\*/.test(whole) ? Number(args[next++]) : precision;
      const hasPrecision = whole.includes('.');
      const value = args[next++];
      const body = formatted(verb, value, flags, hasPrecision ? Number(digits ?? 0) : undefined);
      if (flags.includes('-')) return body.padEnd(size);
      const zeros = flags.includes('0') && typeof value !== 'string';
      return zeros
        ? body.replace(/^[+-]?/, (sign) => sign + '0'.repeat(Math.max(0, size - body.length)))
        : body.padStart(size);
    },
  );
  const extra = args
    .slice(next)
    .map((value) => `${typeName(value).replace('interface {}', '<nil>')}=${inner(value)}`);
  return next < args.length
    ? `${text}%!(EXTRA ${extra.join(', ').replaceAll('<nil>=<nil>', '<nil>')})`
    : text;
}

function formatted(verb: string, value: Value, flags: string, precision: number | undefined): string {
  const bad = () =>
    value === undefined || value === null
      ? `%!${verb}(<nil>)`
      : `%!${verb}(${typeName(value)}=${inner(value)})`;
  if (verb === 'v') return flags.includes('#') ? goSyntax(value) : inner(value);
  if (verb === 'T') return value === undefined || value === null ? '<nil>' : typeName(value);
  if (isList(value)) return `[${value.map((item) => formatted(verb, item, flags, precision)).join(' ')}]`;
  if (isMap(value)) {
    const entries = [...value].map(
      ([key, item]) => `${formatted(verb, key, flags, precision)}:${formatted(verb, item, flags, precision)}`,
    );
    return `map[${entries.join(' ')}]`;
  }
  if (value instanceof Struct) {
    return `{${[...value.fields.values()].map((item) => formatted(verb, item, flags, precision)).join(' ')}}`;
  }
  const text = value instanceof JsonNumber ? value.text : value;
  if (typeof text === 'string') return textVerb(verb, text, precision) ?? bad();
  if (typeof text === 'boolean') return verb === 't' ? String(text) : bad();
  if (typeof text === 'bigint') return integerVerb(verb, text, flags) ?? bad();
  if (typeof text === 'number') return floatVerb(verb, text, precision) ?? bad();
  return bad();
}

function textVerb(verb: string, text: string, precision: number | undefined): string | undefined {
  const cut = precision === undefined ? text : [...text].slice(0, precision).join('');
  switch (verb) {
    case 's':
      return cut;
    case 'q':
      return JSON.stringify(cut);
    case 'x':
      return Buffer.from(cut).toString('hex');
    case 'X':
      return Buffer.from(cut).toString('hex').toUpperCase();
    default:
      return undefined;
  }
}

function integerVerb(verb: string, value: bigint, flags: string): string | undefined {
  const sign = flags.includes('+') && value >= 0n ? '+' : '';
  const prefixed = (prefix: string, text: string) =>
    flags.includes('#') ? text.replace(/^-?/, (minus) => minus + prefix) : text;
  switch (verb) {
    case 'd':
      return sign + value;
    case 'b':
      return sign + value.toString(2);
    case 'o':
      return sign + prefixed('0', value.toString(8));
    case 'x':
      return sign + prefixed('0x', value.toString(16));
    case 'X':
      return sign + prefixed('0X', value.toString(16).toUpperCase());
    case 'c':
      return String.fromCodePoint(Number(value));
    case 'q':
      return `'${String.fromCodePoint(Number(value))}'`;
    case 'U':
      return `U+${value.toString(16).toUpperCase().padStart(4, '0')}`;
    default:
      return undefined;
  }
}

function floatVerb(verb: string, value: number, precision: number | undefined): string | undefined {
  switch (verb) {
    case 'f':
    case 'F':
      return value.toFixed(precision ?? 6);
    case 'e':
      return value.toExponential(precision ?? 6).replace(/e([+-])(\d)$/, 'e$10$2');
    case 'g':
      return precision === undefined ? float(value) : float(Number(value.toPrecision(precision || 1)));
    default:
      return undefined;
  }
}

function goSyntax(value: Value): string {
  if (value === undefined || value === null) return '<nil>';
  if (typeof value === 'string') return JSON.stringify(value);
  if (value instanceof JsonNumber) return JSON.stringify(value.text);
  if (isList(value)) return `[]interface {}{${value.map(goSyntax).join(', ')}}`;
  if (isMap(value)) {
    const entries = [...value].map(([key, item]) => `${JSON.stringify(key)}:${goSyntax(item)}`);
    return `map[string]interface {}{${entries.join(', ')}}`;
  }
  if (value instanceof Struct) {
    return `${value.type}{${[...value.fields].map(([name, item]) => `${name}:${goSyntax(item)}`).join(', ')}}`;
  }
  return inner(value);
}
