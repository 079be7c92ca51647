// packages/crictl/DIFFERENCES.md as the suite reads it: a list item ``- `PATTERN` (PARTS): REASON`` for each.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { checkout } from '@berth/test-support/scratch.ts';

export type Part = 'code' | 'out' | 'err' | 'effect';
export const parts: readonly Part[] = ['code', 'out', 'err', 'effect'];

export interface Difference {
  /** Name of a comparison; `*` stands for any text. */
  pattern: string;
  /** What may differ; all else has to be equal. */
  parts: ReadonlySet<Part>;
  reason: string;
}

export function readDifferences(): Difference[] {
  return parseDifferences(readFileSync(join(checkout, 'packages/crictl/DIFFERENCES.md'), 'utf8'));
}

/** Pure: the items below `## The list`. Throws on one that does not say what differs and why. */
export function parseDifferences(markdown: string): Difference[] {
  const [, list = ''] = markdown.split(/^## The list$/m);
  const items = list.replace(/\n {2,}/g, ' ').split('\n');
  return items.flatMap((line) => {
    if (!line.startsWith('- ')) return [];
    const [, pattern = '', where = '', reason = ''] = /^- `(.+?)` \(([^)]*)\): (.+)$/.exec(line) ?? [];
    const named = where.split(',').map((word) => word.trim());
    const known = parts.filter((part) => named.includes(words[part]));
    if (known.length !== named.length || reason === '') throw new Error(`DIFFERENCES.md: ${line}`);
    return [{ pattern, parts: new Set(known), reason }];
  });
}

const words: Readonly<Record<Part, string>> = {
  code: 'exit code',
  out: 'stdout',
  err: 'stderr',
  effect: 'effect',
};

/** Pure: whether the difference is about the comparison called `name`. */
export function covers({ pattern }: Difference, name: string): boolean {
  const literal = pattern.split('*').map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${literal.join('[\\s\\S]*')}$`).test(name);
}
