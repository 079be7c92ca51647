// The grammars by which Kubernetes validates names, labels and keys. Each function returns the problem, or undefined.

type Check = (value: string) => string | undefined;

function grammar(expression: RegExp, maxLength: number, description: string): Check {
  return (value) => {
    if (value.length > maxLength) return `must be no more than ${maxLength} characters`;
    return expression.test(value) ? undefined : description;
  };
}

/** A name within one DNS component: containers, volumes, host names. */
export const dnsLabel = grammar(
  /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/,
  63,
  "a lowercase RFC 1123 label must consist of lower case letters, digits or '-', and start and end with a letter or digit",
);

/** A name of dot-separated DNS components: pods, nodes. */
export const dnsSubdomain = grammar(
  /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/,
  253,
  "a lowercase RFC 1123 subdomain must consist of lower case letters, digits, '-' or '.', and start and end with a letter or digit",
);

/** A value of a label. */
export const labelValue = grammar(
  /^(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?$/,
  63,
  "a valid label must be empty or consist of letters, digits, '-', '_' or '.', and start and end with a letter or digit",
);

const qualifiedNamePart = grammar(
  /^([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]$/,
  63,
  "name part must consist of letters, digits, '-', '_' or '.', and start and end with a letter or digit",
);

/** A key of a label or annotation: `name` or `prefix.example/name`. */
export const qualifiedName: Check = (value) => {
  const parts = value.split('/');
  if (parts.length > 2) return "a qualified name has at most one '/': an optional DNS subdomain, then a name";
  const prefix = parts.length === 2 ? parts[0] : undefined;
  if (prefix !== undefined) {
    const problem = dnsSubdomain(prefix);
    if (problem) return `prefix part: ${problem}`;
  }
  return qualifiedNamePart(parts.at(-1) ?? '');
};

/** A name of a port: IANA_SVC_NAME. */
export const portName: Check = (value) => {
  if (value.length > 15) return 'must be no more than 15 characters';
  if (!/^[-a-z0-9]+$/.test(value)) return "must contain only lower case letters, digits, and '-'";
  if (!/[a-z]/.test(value)) return 'must contain at least one letter';
  return value.includes('--') || /^-|-$/.test(value)
    ? "must not contain '--' or begin or end with '-'"
    : undefined;
};

/** A name of an HTTP header. */
export const httpHeaderName: Check = (value) =>
  /^[-A-Za-z0-9]+$/.test(value)
    ? undefined
    : "a valid HTTP header must consist of alphanumeric characters or '-'";

/** A name of an environment variable: any printable ASCII but '='. */
export const envVarName: Check = (value) =>
  /^[ -<>-~]+$/.test(value) ? undefined : "must consist of printable ASCII characters other than '='";

/** A key of a ConfigMap or Secret, which is a name of a file in a volume. */
export const configMapKey: Check = (value) => {
  if (value.length > 253) return 'must be no more than 253 characters';
  if (!/^[-._a-zA-Z0-9]+$/.test(value)) {
    return "a valid config key must consist of alphanumeric characters, '-', '_' or '.'";
  }
  if (value === '.' || value === '..') return `must not be '${value}'`;
  return value.startsWith('..') ? "must not start with '..'" : undefined;
};

/** A number of a port. */
export function portNumber(value: number): string | undefined {
  return value >= 1 && value <= 65_535 ? undefined : 'must be between 1 and 65535, inclusive';
}

/** A numeric user or group. */
export function numericId(value: number): string | undefined {
  return value >= 0 && value <= 2_147_483_647 ? undefined : 'must be between 0 and 2147483647, inclusive';
}

/** A path that stays below the folder that it starts in. */
export function descendingPath(value: string): string | undefined {
  if (value.startsWith('/')) return 'must be a relative path';
  return noBacksteps(value);
}

/** A path without `..`. */
export function noBacksteps(value: string): string | undefined {
  return value.split('/').includes('..') ? "must not contain '..'" : undefined;
}
