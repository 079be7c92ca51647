// What a report of Ginkgo's (its JSON) says of every spec, and what of it is news.
import { JsonCursor } from '@berth/common/json/cursor.ts';

export interface Spec {
  /** Texts from the outermost container to the spec itself, joined by spaces: what --focus matches. */
  name: string;
  outcome: 'passed' | 'failed' | 'skipped';
  /** Why it did not pass; empty for a spec that no filter selected. */
  reason: string;
  seconds: number;
  /** How often it ran: more than once only with Ginkgo's --flake-attempts, after failures. */
  attempts: number;
  /** The texts of its containers: specs with the same may depend on each other (Ginkgo's Ordered, which no report tells). */
  container: string;
}

export interface Report {
  /** Repeats the order of the specs: --seed. */
  seed: number;
  specs: Spec[];
}

/** Reads the file that `-ginkgo.json-report` writes. */
export function parseReport(text: string | Buffer, file: string): Report {
  const suites = JsonCursor.parse(text, file).array();
  const [suite] = suites;
  if (suite === undefined) throw new Error(`${file}: no suite in the report`);
  const specs = suites
    .flatMap((each) => each.field('SpecReports').optional((reports) => reports.array()) ?? [])
    .filter((spec) => spec.field('LeafNodeType').string() === 'It' || isFailure(spec))
    .map(parseSpec);
  return { seed: suite.field('SuiteConfig').field('RandomSeed').count(), specs };
}

function isFailure(spec: JsonCursor): boolean {
  return !['passed', 'skipped', 'pending'].includes(spec.field('State').string());
}

function parseSpec(spec: JsonCursor): Spec {
  const containers = spec.field('ContainerHierarchyTexts').optional((texts) => texts.strings()) ?? [];
  const leaf = spec.field('LeafNodeText').string() || spec.field('LeafNodeType').string();
  const state = spec.field('State').string();
  const outcome = state === 'passed' ? 'passed' : isFailure(spec) ? 'failed' : 'skipped';
  const failure = spec.field('Failure').optional((it) => ({
    message: it.field('Message').optional((text) => text.string()) ?? '',
    panic: it.field('ForwardedPanic').optional((text) => text.string()) ?? '',
  }));
  const reason = [failure?.message, failure?.panic].filter(Boolean).join(' ');
  return {
    name: [...containers, leaf].join(' '),
    outcome,
    reason: state === 'failed' || outcome !== 'failed' ? reason : `${state}: ${reason}`,
    seconds: Number(spec.field('RunTime').count()) / 1e9,
    attempts: spec.field('NumAttempts').optional((attempts) => attempts.count()) ?? 1,
    container: containers.join(' '),
  };
}

/**
 * What a run means: the lines to print, and how many results are other than expected.
 *
 * @param knownFailures why a spec cannot pass where the tests run, by its name; one that passes is news too
 */
export function judge(
  { specs }: Report,
  knownFailures: Readonly<Record<string, string>>,
): { lines: string[]; unexpected: number } {
  const of = (outcome: Spec['outcome']) => specs.filter((spec) => spec.outcome === outcome);
  const failed = of('failed');
  const skipped = of('skipped');
  const isKnown = (spec: Spec) => spec.name in knownFailures;
  const surprises = of('passed').filter(isKnown);
  const unexpected = failed.filter((spec) => !isKnown(spec)).length + surprises.length;
  const lines = [
    `${specs.length} specs: ${of('passed').length} passed, ${failed.length} failed, ${skipped.length} skipped`,
    ...failed.map((spec) =>
      isKnown(spec)
        ? `  failed, as known: ${spec.name}\n      ${knownFailures[spec.name]}`
        : `  FAILED: ${spec.name}\n      ${summarize(spec.reason)}`,
    ),
    ...of('passed')
      .filter(({ attempts }) => attempts > 1)
      .map(({ name, attempts }) => `  failed, and passed at attempt ${attempts}: ${name}`),
    ...surprises.map((spec) => `  PASSED, which was thought impossible: ${spec.name}`),
    ...byReason(skipped),
  ];
  return { lines, unexpected };
}

const unselected = 'not selected';

/** Skipped specs by the reason for it; names are left out where the caller wanted it so. */
function byReason(skipped: Spec[]): string[] {
  const groups = Map.groupBy(skipped, skipReason);
  return [...groups].map(([reason, specs]) => {
    const names = reason === unselected ? [] : specs.map(({ name }) => `\n      ${name}`);
    return `  skipped ${specs.length}: ${reason}${names.join('')}`;
  });
}

function skipReason({ name, reason }: Spec): string {
  if (reason !== '') return reason;
  return /benchmark/i.test(name) ? 'benchmarks, which critest runs only with -benchmark' : unselected;
}

/** The lines of a failure that a person reads first: without Go's dump of the error's structure. */
function summarize(text: string): string {
  const [message = ''] = text.split(/^\s*\{/m);
  const lines = message.split('\n').map((line) => line.trim());
  const telling = lines.filter((line) => !/^(<\*.*>:|Unexpected error:|)$/.test(line));
  return telling.slice(0, 3).join('\n      ');
}
