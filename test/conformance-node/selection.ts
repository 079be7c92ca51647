// Which specs run.
import { seededFractions } from '@berth/test-support/random.ts';
import type { Spec } from '../conformance/report.ts';

/** The specs that any node has to pass, and that can run beside each other. */
export const labelFilter = 'NodeConformance && !Serial && !Flaky && !Slow';

/**
 * Pure: the names of at least `sample` of the specs with one of the texts in theirs, drawn by the seed; of all of them
 * without `sample`. A spec that may depend on those before it in its container brings them all.
 */
export function selectSpecs(
  specs: readonly Pick<Spec, 'name' | 'container'>[],
  { focus, sample, seed }: { focus: readonly string[]; sample?: number | undefined; seed: number },
): string[] {
  // Ginkgo lists them in another order each time.
  const sorted = specs.toSorted((a, b) => (a.name < b.name ? -1 : 1));
  const groups = Map.groupBy(sorted, (spec) => (mayBeOrdered(spec) ? spec.container : spec.name));
  const isWanted = ({ name }: Pick<Spec, 'name'>) =>
    focus.length === 0 || focus.some((text) => name.includes(text));
  const matching = [...groups.values()].filter((group) => group.some(isWanted));
  const random = seededFractions(seed);
  const drawn = matching.map((group) => ({ group, at: random() })).sort((a, b) => a.at - b.at);
  const names: string[] = [];
  for (const { group } of drawn) {
    if (names.length >= (sample ?? Number.POSITIVE_INFINITY)) break;
    names.push(...group.map(({ name }) => name));
  }
  return names;
}

/** Of the specs of nodes those that depend on each other are in containers that Ginkgo's When has made. */
function mayBeOrdered({ container }: Pick<Spec, 'container'>): boolean {
  return container.includes(' when ');
}

/** Pure: the pattern for Ginkgo's --focus, which it looks for in the suite's name and the spec's. */
export function focusPattern(names: readonly string[]): string {
  return `^E2eNode Suite (${names.map(RegExp.escape).join('|')})$`;
}
