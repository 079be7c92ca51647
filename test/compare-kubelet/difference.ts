// An entry of differences.ts, and what it is about.
import type { FieldDifference } from './comparison.ts';

export interface Difference {
  /** Names of cases or requests; `*` stands for any text. */
  readonly cases: readonly string[];
  /** Fields; `*` stands for any text. */
  readonly paths: readonly string[];
  /** Only where ours is on this runtime. */
  readonly column?: 'ours' | 'ours-on-containerd';
  /** Up to the time that something takes: not in every run. */
  readonly isTimed?: true;
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
