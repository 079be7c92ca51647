import { posix } from 'node:path';
import type { SourceTree } from '../tree/source-tree.ts';
import type { Problem } from './problem.ts';

/**
 * A test beside the code is named for what it tests: `SUBJECT.test.ts`, `SUBJECT.TOPIC.system.test.ts`. The subject is
 * a source or a folder beside it, the folder that it is in, or at the root of a package's sources the package.
 */
export function testNames(tree: SourceTree): Problem[] {
  const folders = new Set([...tree.keys()].map((path) => posix.dirname(path)));
  const isSubject = (path: string): boolean =>
    tree.has(`${path}.ts`) || tree.has(`${path}.mjs`) || folders.has(path);
  return [...tree.keys()].flatMap((path) => {
    // The suites of test/system and test/cluster cross packages.
    if (!path.endsWith('.test.ts') || /^test\/(system|cluster)\//.test(path)) return [];
    const { dir, base } = posix.parse(path);
    const subject = base.slice(0, base.indexOf('.'));
    const folder = posix.basename(dir) === 'src' ? posix.basename(posix.dirname(dir)) : posix.basename(dir);
    if (subject === folder || isSubject(`${dir}/${subject}`)) return [];
    const message = `tests no "${subject}.ts" beside it: name it SUBJECT.TOPIC.test.ts for a file beside it, or for the folder`;
    return [{ path, line: 1, message }];
  });
}
