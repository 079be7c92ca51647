// Resolves scalars as the YAML parser of Kubernetes' Go tools does (goyaml.v2 of sigs.k8s.io/yaml): YAML 1.1's booleans,
// octal, hexadecimal and binary integers, and underscores, but no sexagesimal numbers and no dates.

/** The value of a scalar. An integer that a JavaScript number would round is a bigint. */
export type Scalar = null | boolean | number | bigint | string;

/** A scalar does not match its tag, or has no JSON value. */
export class ScalarError extends Error {
  override readonly name = 'ScalarError';
}

const words = new Map<string, null | boolean | number>([
  ...['y', 'Y', 'yes', 'Yes', 'YES', 'true', 'True', 'TRUE', 'on', 'On', 'ON'].map(
    (word) => [word, true] as const,
  ),
  ...['n', 'N', 'no', 'No', 'NO', 'false', 'False', 'FALSE', 'off', 'Off', 'OFF'].map(
    (word) => [word, false] as const,
  ),
  ...['', '~', 'null', 'Null', 'NULL'].map((word) => [word, null] as const),
  ...['.nan', '.NaN', '.NAN'].map((word) => [word, Number.NaN] as const),
  ...['.inf', '.Inf', '.INF', '+.inf', '+.Inf', '+.INF'].map((word) => [word, Infinity] as const),
  ...['-.inf', '-.Inf', '-.INF'].map((word) => [word, -Infinity] as const),
]);

const maxInt64 = 2n ** 63n - 1n;
const maxUint64 = 2n ** 64n - 1n;

/** The value of a plain scalar without a tag. */
export function plainScalar(text: string): Scalar {
  const word = words.get(text);
  if (word !== undefined) return word;
  if (!/^[-+.\d]/.test(text)) return text;
  if (text.startsWith('.')) return float(text.replaceAll(/(?<=\d)_(?=\d)/g, '')) ?? text;
  const plain = text.replaceAll('_', '');
  return integer(plain) ?? float(plain) ?? text;
}

/** The value of a scalar with an explicit tag, such as `!!int "5"`; with an unknown tag it is the text. */
export function taggedScalar(tag: string, text: string): Scalar {
  const type = /^tag:yaml\.org,2002:(.*)$/.exec(tag)?.[1];
  switch (type) {
    case 'binary':
      return fromBase64(text);
    case 'timestamp':
      if (/^\d{4}-\d{1,2}-\d{1,2}([Tt ].*)?$/.test(text)) return text;
      break;
    case 'bool':
    case 'int':
    case 'float':
    case 'null': {
      const value = plainScalar(text);
      const found = value === null ? 'null' : typeof value === 'boolean' ? 'bool' : numberType(value);
      if (found === type || (type === 'float' && found === 'int')) return value;
      break;
    }
    default:
      return text;
  }
  throw new ScalarError(`cannot decode ${JSON.stringify(text)} as a !!${type}`);
}

function numberType(value: number | bigint | string): 'int' | 'float' | 'str' {
  if (typeof value === 'string') return 'str';
  return typeof value === 'bigint' || Number.isInteger(value) ? 'int' : 'float';
}

function integer(text: string): number | bigint | undefined {
  const [, sign = '', prefix = '', digits = ''] =
    /^([-+]?)(0[xX](?=[\da-fA-F]+$)|0[bB](?=[01]+$)|0[oO]?(?=[0-7]+$)|(?=(?:[1-9]\d*|0)$))(.+)$/.exec(text) ??
    [];
  if (digits === '') return undefined;
  const base = prefix === '0' ? '0o' : prefix.toLowerCase();
  const magnitude = BigInt(base + digits);
  if (magnitude > (sign === '-' ? maxInt64 + 1n : sign === '+' ? maxInt64 : maxUint64)) return undefined;
  const value = sign === '-' ? -magnitude : magnitude;
  return Number.isSafeInteger(Number(value)) ? Number(value) : value;
}

function float(text: string): number | undefined {
  if (!/^[-+]?(\.\d+|\d+(\.\d*)?)([eE][-+]?\d+)?$/.test(text)) return undefined;
  const value = Number(text);
  return Number.isFinite(value) ? value : undefined;
}

function fromBase64(text: string): string {
  const compact = text.replaceAll(/[\r\n]/g, '');
  if (!/^(?:[A-Za-z\d+/]{4})*(?:[A-Za-z\d+/]{2}==|[A-Za-z\d+/]{3}=)?$/.test(compact)) {
    throw new ScalarError('a !!binary value contains invalid base64 data');
  }
  return Buffer.from(compact, 'base64').toString();
}
