// Where ours is different from the real kubelet on purpose. `npm run compare:kubelet` fails for a difference that is not
// here, and for an entry that nothing differs by any more.
import type { FieldDifference } from './comparison.ts';

export interface Difference {
  /** Names of cases or requests; `*` stands for any text. */
  readonly cases: readonly string[];
  /** Fields; `*` stands for any text. */
  readonly paths: readonly string[];
  /** Only where ours is on this runtime. */
  readonly column?: 'ours' | 'ours-on-containerd';
  /** One sentence: why ours does something else. */
  readonly reason: string;
}

/** Pure: whether an entry is about this field of this case. */
export function covers({ cases, paths }: Difference, { name, path }: FieldDifference): boolean {
  return cases.some((pattern) => matches(pattern, name)) && paths.some((pattern) => matches(pattern, path));
}

function matches(pattern: string, text: string): boolean {
  const literal = pattern.split('*').map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${literal.join('[\\s\\S]*')}$`).test(text);
}

export const differences: readonly Difference[] = [];
