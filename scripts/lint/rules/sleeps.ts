import type { SourceTree } from '../tree/source-tree.ts';
import type { Problem } from './problem.ts';

const sleep =
  /\b(?:sleep|delay|setTimeout)\((?:[1-9][\d_]*|\w*[mM]s|\(\w+|[^()]*\*[^()]*)\)|setTimeout\(\w+, ?[\d_]+\)|setTimeout\(\w+, \w*[mM]s\)/;

/** A test waits for an event; one that sleeps says in a comment, on the line or above it, why no event will do. */
export function sleeps(tree: SourceTree): Problem[] {
  return [...tree.values()].flatMap(({ path, lines, code }) => {
    if (!path.endsWith('.test.ts')) return [];
    return code.flatMap((line, index) => {
      if (!sleep.test(line) || hasComment(lines[index]) || isComment(lines[index - 1])) return [];
      const message = 'sleeps: wait for the event, or say in a comment above why there is none';
      return [{ path, line: index + 1, message }];
    });
  });
}

const hasComment = (line = ''): boolean => /\s\/\/ /.test(line);
const isComment = (line = ''): boolean => /^\s*(\/\/|\*\/|\/\*\*)/.test(line);
