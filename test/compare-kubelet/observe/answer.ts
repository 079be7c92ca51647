// Reduces the body of an HTTP answer to what two kubelets can have in common.
import type { Json } from '../normalise.ts';
import { type ServerRequest, targetName } from '../requests.ts';

/** Pure: what is compared of a body. */
export function reducedBody(body: string, how: ServerRequest['compare']): Json {
  if (how === 'none') return null;
  if (how === 'metrics') return metricFamilies(body);
  if (how === 'structure') return structureOf(body);
  if (how === 'summary') return structureOf(ofTarget(body));
  // What is between names and values is another text each time.
  if (how === 'names') return body.split('\n').map((line) => line.split(/[:= ]/)[0] ?? '');
  const parsed = parsedJson(body);
  // By their fields, and not as one line.
  return parsed === undefined ? body.split('\n') : parsed;
}

function parsedJson(body: string): Json | undefined {
  if (!/^[{[]/.test(body)) return undefined;
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}

/** What is looked at of /stats/summary. */
export interface Summary {
  node?: { systemContainers?: { name: string }[] };
  pods: {
    podRef: { name: string };
    cpu?: { usageNanoCores?: number };
    process_stats?: { process_count?: number };
    containers?: { rootfs?: { usedBytes?: number } }[];
  }[];
}

/** Pure: statistics without other pods: which containers of those have just been started depends on how fast a side is. */
function ofTarget(body: string): string {
  const summary = parsedJson(body) as Summary | undefined;
  if (summary === undefined) return body;
  // By name: one with a limit must not stand for one without.
  const systemContainers = Object.groupBy(summary.node?.systemContainers ?? [], ({ name }) => name);
  return JSON.stringify({ node: { ...summary.node, systemContainers }, pods: targetOf(summary) });
}

function targetOf({ pods }: Summary): Summary['pods'] {
  return pods.filter(({ podRef }) => podRef.name === targetName);
}

/** Pure: whether statistics have what of the pod of the requests is measured at intervals only. */
export function isMeasured(summary: Summary): boolean {
  const [pod] = targetOf(summary);
  const { cpu, process_stats: processes, containers = [] } = pod ?? {};
  return (
    cpu?.usageNanoCores !== undefined &&
    processes?.process_count !== undefined &&
    containers.every(({ rootfs }) => rootfs?.usedBytes !== undefined)
  );
}

/** Pure: each path of a JSON text with the types of its values; places in lists are left out. */
export function structureOf(body: string): Json {
  const parsed = parsedJson(body);
  if (parsed === undefined) return body.split('\n');
  const types = new Map<string, Set<string>>();
  const visit = (path: string, value: Json): void => {
    if (Array.isArray(value)) for (const each of value) visit(`${path}[]`, each);
    else if (typeof value === 'object' && value !== null)
      for (const [key, each] of Object.entries(value)) visit(`${path}.${key}`, each ?? null);
    else types.set(path, (types.get(path) ?? new Set()).add(value === null ? 'null' : typeof value));
  };
  visit('', parsed);
  return Object.fromEntries([...types].sort().map(([path, each]) => [path, [...each].sort().join('|')]));
}

/** Pure: by the family's name its type and the names of its labels, from the Prometheus text format. */
export function metricFamilies(body: string): Json {
  const families = new Map<string, { type: string; labels: Set<string> }>();
  const family = (name: string) => {
    const known = families.get(name) ?? { type: '', labels: new Set<string>() };
    families.set(name, known);
    return known;
  };
  for (const line of body.split('\n')) {
    const [, name = '', type] = /^# TYPE (\S+) (\w+)$/.exec(line) ?? [];
    if (type !== undefined) family(name).type = type;
    else if (line !== '' && !line.startsWith('#')) addSample(line, families, family);
  }
  return Object.fromEntries(
    [...families]
      .sort(([one], [other]) => (one < other ? -1 : 1))
      .map(([name, { type, labels }]) => [name, { type, labels: [...labels].sort() }]),
  );
}

function addSample(
  line: string,
  families: ReadonlyMap<string, { labels: Set<string> }>,
  family: (name: string) => { labels: Set<string> },
): void {
  const [, sample = '', labels = ''] = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? /.exec(line) ?? [];
  if (sample === '') return;
  const base = sample.replace(/_(bucket|sum|count)$/, '');
  const { labels: known } = family(families.has(sample) ? sample : families.has(base) ? base : sample);
  for (const [, label = ''] of labels.matchAll(/(\w+)="(?:[^"\\]|\\.)*"/g)) known.add(label);
}
