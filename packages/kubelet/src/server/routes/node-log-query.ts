// Reads the query of /logs/?query=…, which asks for the logs of services or for one file, as the real kubelet does.

/** A query that is well-formed. */
export interface NodeLogQuery {
  services: readonly string[];
  files: readonly string[];
  /** RFC 3339. */
  sinceTime: string | undefined;
  untilTime: string | undefined;
  tailLines: number | undefined;
  boot: number | undefined;
  pattern: string;
}

const maxServices = 4;
const maxServiceLength = 256;
const maxTailLines = 100_000;
const rfc3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[-+]\d\d:\d\d)$/;

/** The query; undefined when none of its parameters is there; or what cannot be read. */
export function nodeLogQuery(query: URLSearchParams): NodeLogQuery | undefined | { errors: string[] } {
  const errors: string[] = [];
  const asked = query.getAll('query');
  const files = asked.filter((each) => /[/\\]/.test(each));
  const services = asked.filter((each) => !/[/\\]/.test(each) && each.trim() !== '');
  if (asked.length > 0 && files.length + services.length === 0) {
    errors.push(invalid('query', asked, 'may not be empty'));
  }
  const time = (name: string): string | undefined => {
    const text = query.get(name) || undefined;
    if (text === undefined || (rfc3339.test(text) && !Number.isNaN(Date.parse(text)))) return text;
    errors.push(invalid(name, text, 'invalid time format'));
    return undefined;
  };
  const integer = (name: string): number | undefined => {
    const text = query.get(name) || undefined;
    if (text === undefined || /^[-+]?\d{1,15}$/.test(text))
      return text === undefined ? undefined : Number(text);
    errors.push(invalid(name, text, `strconv.Atoi: parsing ${JSON.stringify(text)}: invalid syntax`));
    return undefined;
  };
  const sinceTime = time('sinceTime');
  const untilTime = time('untilTime');
  const boot = integer('boot');
  const tailLines = integer('tailLines');
  const pattern = query.get('pattern') ?? '';
  if (errors.length > 0) return { errors };
  const found: NodeLogQuery = { services, files, sinceTime, untilTime, tailLines, boot, pattern };
  return asked.length > 0 || hasOptions(found) ? found : undefined;
}

function hasOptions({ sinceTime, untilTime, tailLines, boot, pattern }: NodeLogQuery): boolean {
  return [sinceTime, untilTime, tailLines, boot].some((option) => option !== undefined) || pattern !== '';
}

/** What is wrong with a well-formed query. */
export function nodeLogErrors(query: NodeLogQuery): string[] {
  const { services, files, sinceTime, untilTime, tailLines, boot, pattern } = query;
  const errors: string[] = [];
  for (const service of services) {
    const problem =
      service.length > maxServiceLength
        ? `length must be less than ${maxServiceLength}`
        : /[^a-zA-Z\-_.:0-9@]/.test(service)
          ? 'input contains unsupported characters'
          : undefined;
    if (problem !== undefined) errors.push(invalid('query', service, problem));
  }
  if (services.length > maxServices) {
    errors.push(`query: Too many: ${services.length}: must have at most ${maxServices} items`);
  }
  if (files.length + services.length === 0) {
    errors.push('query: Required value: cannot be empty with options');
  } else if (files.length > 0 && services.length > 0) {
    const both = `[${files.join(' ')}], [${services.join(' ')}]`;
    errors.push(invalid('query', both, 'cannot specify a file and service'));
  } else if (files.length > 1) {
    errors.push(invalid('query', files, 'cannot specify more than one file'));
  } else if (files.length === 1 && hasOptions(query)) {
    errors.push(invalid('query', files, 'cannot specify file with options'));
  }
  if (sinceTime !== undefined && untilTime !== undefined && Date.parse(sinceTime) > Date.parse(untilTime)) {
    errors.push(invalid('untilTime', untilTime, 'must be after `sinceTime`'));
  }
  if (boot !== undefined && boot > 0) errors.push(invalid('boot', boot, 'must be less than 1'));
  if (tailLines !== undefined && (tailLines < 0 || tailLines > maxTailLines)) {
    errors.push(invalid('tailLines', tailLines, `must be between 0 and ${maxTailLines}, inclusive`));
  }
  // Whether journalctl can read it, it says itself.
  if (pattern.includes('\0')) errors.push(invalid('pattern', pattern, 'invalid character'));
  return errors;
}

/** How Kubernetes joins errors. */
export function aggregate(errors: readonly string[]): string {
  return errors.length === 1 ? (errors[0] ?? '') : `[${errors.join(', ')}]`;
}

/** The arguments of journalctl for the logs of these services. */
export function journalArguments(query: NodeLogQuery, services: readonly string[]): string[] {
  const { sinceTime, untilTime, tailLines, boot, pattern } = query;
  return [
    ...['--utc', '--no-pager', '--output=short-precise'],
    ...(sinceTime === undefined ? [] : [`--since=${journalTime(sinceTime)}`]),
    ...(untilTime === undefined ? [] : [`--until=${journalTime(untilTime)}`]),
    ...(tailLines === undefined ? [] : ['--pager-end', `--lines=${tailLines}`]),
    ...services.map((service) => `--unit=${service}`),
    ...(pattern === '' ? [] : [`--grep=${pattern}`]),
    ...(boot === undefined ? [] : ['--boot', String(boot)]),
  ];
}

/** journalctl takes a time with its zone. */
function journalTime(time: string): string {
  return `${new Date(time).toISOString().slice(0, 19).replace('T', ' ')} UTC`;
}

function invalid(path: string, value: unknown, problem: string): string {
  return `${path}: Invalid value: ${JSON.stringify(value)}: ${problem}`;
}
