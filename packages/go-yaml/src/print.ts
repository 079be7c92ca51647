// YAML in the layout of Go's encoder, as the real crictl and kubelet print it: keys sorted, lists not indented, strings quoted only
// where a plain scalar would have another meaning, long plain scalars folded.

/** What JSON can hold. */
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

const foldAfterColumn = 80;

/** The value as one YAML document, with a final line break. */
export function goYaml(value: Json): string {
  const text = block(value, { indent: 0, column: 0 });
  return `${text.replace(/^[\n ]/, '')}\n`;
}

interface Position {
  /** Indentation of the value's further lines. */
  indent: number;
  /** Column of its first line. */
  column: number;
}

/** The text behind `key:` or `-`: a space and a scalar, or further lines. */
function block(value: Json, at: Position): string {
  if (value === null || typeof value !== 'object') return ` ${scalar(value, at)}`;
  const margin = ' '.repeat(at.indent);
  if (Array.isArray(value)) {
    if (value.length === 0) return ' []';
    return value.map((item) => `\n${margin}-${afterDash(item, at.indent + 2)}`).join('');
  }
  const keys = Object.keys(value).sort(naturalOrder);
  if (keys.length === 0) return ' {}';
  return keys.map((key) => `\n${margin}${member(key, value[key] ?? null, at.indent)}`).join('');
}

function member(key: string, value: Json, indent: number): string {
  const name = scalar(key, { indent, column: Number.NEGATIVE_INFINITY });
  const column = indent + name.length + 2;
  return `${name}:${block(value, { indent: Array.isArray(value) ? indent : indent + 2, column })}`;
}

/** A map or list in a list starts on the line of its dash. */
function afterDash(value: Json, indent: number): string {
  const text = block(value, { indent, column: indent });
  return text.startsWith('\n') ? text.replace(/^\n */, ' ') : text;
}

function scalar(value: null | boolean | number | string, at: Position): string {
  if (typeof value !== 'string') return String(value);
  if (hasSpecialCharacters(value)) return doubleQuoted(value);
  if (value.includes('\n')) return literal(value, Math.max(at.indent, 2));
  if (meansAnotherType(value)) return doubleQuoted(value);
  return isPlain(value) ? fold(value, at) : `'${fold(value.replaceAll("'", "''"), at)}'`;
}

function literal(value: string, indent: number): string {
  const margin = ' '.repeat(indent);
  const chomp = !value.endsWith('\n') ? '-' : value.endsWith('\n\n') || value === '\n' ? '+' : '';
  const hint = /^[ \n]/.test(value) ? '2' : '';
  const lines = value.replace(/\n$/, '').split('\n');
  return `|${hint}${chomp}\n${lines.map((line) => (line === '' ? '' : margin + line)).join('\n')}`;
}

/** Breaks a long line at the first single space behind column 80. */
function fold(value: string, at: Position): string {
  const characters = [...value];
  const margin = ' '.repeat(at.indent);
  let column = at.column;
  let text = '';
  for (const [index, character] of characters.entries()) {
    const isInner = index > 0 && index < characters.length - 1;
    const isSingle = characters[index - 1] !== ' ' && characters[index + 1] !== ' ';
    const isBreak = character === ' ' && column > foldAfterColumn && isInner && isSingle;
    text += isBreak ? `\n${margin}` : character;
    column = isBreak ? at.indent : column + 1;
  }
  return text;
}

function hasSpecialCharacters(value: string): boolean {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are the ones that YAML cannot show plainly
  return /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\ufeff\u2028\u2029]/.test(value);
}

function doubleQuoted(value: string): string {
  return JSON.stringify(value).replace(/[\u007f-\u009f\ufeff\u2028\u2029]/g, (character) => {
    const code = character.charCodeAt(0);
    return code < 256
      ? `\\x${code.toString(16).padStart(2, '0')}`
      : `\\u${code.toString(16).padStart(4, '0')}`;
  });
}

/** Whether YAML 1.1 reads a plain scalar as something other than a string. */
function meansAnotherType(value: string): boolean {
  return (
    /^(|~|null|Null|NULL|<<)$/.test(value) ||
    /^(y|Y|yes|Yes|YES|on|On|ON|n|N|no|No|NO|off|Off|OFF|true|True|TRUE|false|False|FALSE)$/.test(value) ||
    /^[-+]?(0b[01_]+|0o?[0-7_]+|0x[0-9a-fA-F_]+|[0-9][0-9_]*)$/.test(value) ||
    /^[-+]?(\.[0-9]+|[0-9][0-9_]*(\.[0-9_]*)?)([eE][-+]?[0-9]+)?$/.test(value) ||
    /^([-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN))$/.test(value) ||
    /^[-+]?[0-9][0-9_]*(:[0-5]?[0-9])+(\.[0-9_]*)?$/.test(value) ||
    /^\d{4}-\d{1,2}-\d{1,2}([Tt ]\d{1,2}:\d{1,2}:\d{1,2}(\.\d+)?(Z|[-+]\d\d:\d\d)?)?$/.test(value)
  );
}

function isPlain(value: string): boolean {
  return !(
    /^[#,[\]{}&*!|>'"%@`]/.test(value) ||
    /^[-?:](\s|$)/.test(value) ||
    /^(---|\.\.\.)/.test(value) ||
    /^\s|\s$/.test(value) ||
    /:(\s|$)/.test(value) ||
    /\s#/.test(value)
  );
}

/** Compares runs of digits as numbers, and sorts letters after other characters. */
function naturalOrder(a: string, b: string): number {
  const left = a.match(/\d+|\D/g) ?? [];
  const right = b.match(/\d+|\D/g) ?? [];
  for (let index = 0; index < Math.min(left.length, right.length); index++) {
    const x = left[index] ?? '';
    const y = right[index] ?? '';
    if (x === y) continue;
    const xIsNumber = /\d/.test(x);
    const yIsNumber = /\d/.test(y);
    if (xIsNumber && yIsNumber && Number(x) !== Number(y)) return Number(x) - Number(y);
    const xIsLetter = /\p{L}/u.test(x);
    const yIsLetter = /\p{L}/u.test(y);
    if (xIsLetter !== yIsLetter) return xIsLetter ? 1 : -1;
    return x < y ? -1 : 1;
  }
  return left.length - right.length;
}
