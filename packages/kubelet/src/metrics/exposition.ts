// The text format of Prometheus, as Go's client library prints it: families by name, numbers by Go's %g. prom-client's
// own printer has no timestamps, which the metrics of containers carry. Pure.

/** One series at one moment. */
export interface Sample {
  /** Appended to the family's name, e.g. `_bucket`. */
  readonly suffix?: string;
  /** Labels as `labelText` prints them; '' for none. */
  readonly labels: string;
  readonly value: number;
  /** Milliseconds since the epoch at which the value was read; absent: at the time of the request. */
  readonly at?: number | undefined;
}

/** All series of one name. */
export interface MetricFamily {
  readonly name: string;
  readonly help: string;
  readonly type: 'counter' | 'gauge' | 'histogram';
  readonly samples: readonly Sample[];
}

/** The content type of the text. */
export const expositionType = 'text/plain; version=0.0.4; charset=utf-8; escaping=underscores';

/** Prints the families that have series, sorted by name. */
export function exposition(families: readonly MetricFamily[]): string {
  const shown = families.filter(({ samples }) => samples.length > 0);
  return shown
    .toSorted((a, b) => (a.name < b.name ? -1 : 1))
    .map(familyText)
    .join('');
}

function familyText({ name, help, type, samples }: MetricFamily): string {
  let text = `# HELP ${name} ${escaped(help)}\n# TYPE ${name} ${type}\n`;
  for (const { suffix = '', labels, value, at } of samples) {
    const braced = labels === '' ? '' : `{${labels}}`;
    text += `${name}${suffix}${braced} ${goNumber(value)}${at === undefined ? '' : ` ${at}`}\n`;
  }
  return text;
}

/** Labels as they stand between the braces of a series, e.g. `a="1",b="2"`. */
export function labelText(labels: Readonly<Record<string, string | number>>): string {
  return Object.entries(labels)
    .map(([name, value]) => `${name}="${labelValue(value)}"`)
    .join(',');
}

function labelValue(value: string | number): string {
  return typeof value === 'number' ? goNumber(value) : escaped(value).replaceAll('"', '\\"');
}

function escaped(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n');
}

/** A number as Go's strconv prints it by `g` with the shortest exact digits. */
export function goNumber(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? '+Inf' : '-Inf';
  const size = Math.abs(value);
  if (value === 0 || (size >= 1e-4 && size < 1e6)) return String(value);
  return value.toExponential().replace(/e([+-])(\d)$/, 'e$10$2');
}
