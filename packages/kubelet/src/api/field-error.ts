// Errors about fields in the API server's wording, so that people find them when they search for the text:
// `spec.containers[0].image: Required value`.

/** One error in a manifest: the path of the field and the problem. */
export interface FieldError {
  path: string;
  problem: string;
  /** The field, if the text omits `path`. */
  at?: string;
  /** The pod runs without this field, as with the real kubelet: a warning in the log. */
  isIgnored?: true;
}

/** `path: problem`, as Kubernetes prints a field error. */
export function formatFieldError({ path, problem }: FieldError): string {
  return path === '' ? problem : `${path}: ${problem}`;
}

/**
 * The steps to the field of an error, from the root of its object: `spec.containers[0].image` has four. Brackets contain
 * an index, or a key with dots.
 */
export function fieldSteps({ path, at = path }: FieldError): (string | number)[] {
  return [...at.matchAll(/\[([^\]]*)\]|[^.[]+/g)].map(([word, inBrackets]) => {
    if (inBrackets === undefined) return word;
    return /^\d+$/.test(inBrackets) ? Number(inBrackets) : inBrackets;
  });
}

/** All errors in one text; unknown fields and wrong types first, because they often explain the others. */
export function formatFieldErrors(errors: readonly FieldError[]): string {
  return errors.map(formatFieldError).join('; ');
}

/** The pod runs as if the field were unset; `detail` says why it has no effect. */
export function ignored(path: string, detail: string): FieldError {
  return { path, problem: `Ignored: ${detail}`, isIgnored: true };
}

/** The field must be there. */
export function required(path: string, detail?: string): FieldError {
  return { path, problem: detail ? `Required value: ${detail}` : 'Required value' };
}

/** The value is invalid. */
export function invalid(path: string, value: unknown, detail: string): FieldError {
  return { path, problem: `Invalid value: ${show(value)}: ${detail}` };
}

/** The value is not one of the allowed values. */
export function notSupported(path: string, value: unknown, supported: readonly string[]): FieldError {
  const list = [...supported].sort().map(show).join(', ');
  return { path, problem: `Unsupported value: ${show(value)}: supported values: ${list}` };
}

/** The field may not be set here. */
export function forbidden(path: string, detail: string): FieldError {
  return { path, problem: `Forbidden: ${detail}` };
}

/** The list is too long. */
export function tooMany(path: string, count: number, max: number): FieldError {
  return { path, problem: `Too many: ${count}: must have at most ${max} item${max === 1 ? '' : 's'}` };
}

/** Another entry has the same name. */
export function duplicate(path: string, value: unknown): FieldError {
  return { path, problem: `Duplicate value: ${show(value)}` };
}

/** The value names something that does not exist. */
export function notFound(path: string, value: unknown, detail?: string): FieldError {
  return { path, problem: `Not found: ${show(value)}${detail ? `: ${detail}` : ''}` };
}

/** Kubernetes has no such field and ignores it; `known` are the valid fields of this object. */
export function unknownField(path: string, field: string, known: readonly string[]): FieldError {
  const nearest = nearestName(field, known);
  const hint = nearest ? ` (did you mean "${nearest}"?)` : '';
  const at = join(path, field);
  return { path: '', at, problem: `strict decoding error: unknown field "${at}"${hint}`, isIgnored: true };
}

/** Adds the problem that a grammar of names.ts reports for a value. */
export function check(
  errors: FieldError[],
  path: string,
  value: string,
  grammar: (value: string) => string | undefined,
): void {
  const problem = grammar(value);
  if (problem) errors.push(invalid(path, value, problem));
}

/** Adds an error when the value is set and not allowed. */
export function oneOf(
  errors: FieldError[],
  path: string,
  value: string | undefined,
  allowed: readonly string[],
): void {
  if (value !== undefined && value !== '' && !allowed.includes(value))
    errors.push(notSupported(path, value, allowed));
}

/** `path.field`, or just `field` at the top. */
export function join(path: string, field: string): string {
  return path === '' ? field : `${path}.${field}`;
}

/** The known name with the smallest edit distance to `name`, if it is a likely typo. */
export function nearestName(name: string, known: readonly string[]): string | undefined {
  const limit = Math.max(1, Math.floor(name.length / 3));
  let best: { name: string; distance: number } | undefined;
  for (const candidate of known) {
    const distance = editDistance(name.toLowerCase(), candidate.toLowerCase());
    if (distance <= limit && (!best || distance < best.distance)) best = { name: candidate, distance };
  }
  return best?.name;
}

/** Edit distance: insertions, deletions, replacements and swaps of neighbours. */
function editDistance(a: string, b: string): number {
  let before: number[] = [];
  let previous = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const current = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1];
      let cost = Math.min(
        (previous[j] ?? 0) + 1,
        (current[j - 1] ?? 0) + 1,
        (previous[j - 1] ?? 0) + (same ? 0 : 1),
      );
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        cost = Math.min(cost, (before[j - 2] ?? 0) + 1);
      }
      current.push(cost);
    }
    before = previous;
    previous = current;
  }
  return previous[b.length] ?? 0;
}

/** Formats a value for an error: truncated, strings in quotes. */
function show(value: unknown): string {
  const text = typeof value === 'bigint' ? String(value) : (JSON.stringify(value) ?? String(value));
  return text.length > 200 ? `${text.slice(0, 200)}…` : text;
}
