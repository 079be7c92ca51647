import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

interface Range {
  readonly startOffset: number;
  readonly endOffset: number;
  readonly count: number;
}

/** What V8 writes to NODE_V8_COVERAGE, as far as it is read here. */
export interface V8Coverage {
  readonly result: readonly {
    readonly url: string;
    readonly functions: readonly { readonly ranges: readonly Range[] }[];
  }[];
}

/** For each source file of the tree, the ranges that V8 counted in each process of one test file. */
export type Executed = ReadonlyMap<string, readonly (readonly Range[])[]>;

/** Reads the coverage that the processes of one test file left in `directory`. */
export function readCoverage(directory: string, tree: string): Executed {
  const texts = readdirSync(directory).map((name) => readFileSync(join(directory, name), 'utf8'));
  return executedIn(
    texts.map((text) => JSON.parse(text)),
    tree,
  );
}

export function executedIn(processes: readonly V8Coverage[], tree: string): Executed {
  const executed = new Map<string, (readonly Range[])[]>();
  for (const { result } of processes)
    for (const { url, functions } of result) {
      if (!url.startsWith('file://')) continue;
      const file = relative(tree, fileURLToPath(url));
      if (file.startsWith('..')) continue;
      const ranges = functions.flatMap((each) => each.ranges);
      executed.set(file, [...(executed.get(file) ?? []), ranges]);
    }
  return executed;
}

/**
 * Whether what is at `offset` ran: the innermost range around it tells. Node.js puts spaces where types were, so an
 * offset is the same in the source and in what V8 ran.
 */
export function ran(executed: Executed, file: string, offset: number): boolean {
  return (executed.get(file) ?? []).some((ranges) => {
    let innermost: Range | undefined;
    for (const range of ranges) {
      if (range.startOffset > offset || range.endOffset <= offset) continue;
      const length = range.endOffset - range.startOffset;
      if (!innermost || length <= innermost.endOffset - innermost.startOffset) innermost = range;
    }
    return innermost !== undefined && innermost.count > 0;
  });
}
