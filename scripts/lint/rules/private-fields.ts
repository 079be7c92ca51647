import type { SourceTree } from '../tree/source-tree.ts';
import type { Problem } from './problem.ts';

/** Members are private by the language (`#name`); TypeScript's `private` ends with the types. */
export function privateFields(tree: SourceTree): Problem[] {
  return [...tree.values()].flatMap(({ path, code }) =>
    code.flatMap((line, index) => {
      // A constructor has no other form.
      const word = /^\s+(private|protected)\s+(?!constructor\b)\w/.exec(line)?.[1];
      return word ? [{ path, line: index + 1, message: `"${word}": write #name instead` }] : [];
    }),
  );
}
