// The rules of this repository that no linter knows: `npm run check` runs them. Prints each place that breaks one as
// PATH:LINE: MESSAGE and exits 1.

import { constantCase } from './rules/constant-case.ts';
import { fileCircles } from './rules/file-circles.ts';
import { folderCircles } from './rules/folder-circles.ts';
import { packageOrder } from './rules/package-order.ts';
import { privateFields } from './rules/private-fields.ts';
import type { Problem } from './rules/problem.ts';
import { pureFolders } from './rules/pure-folders.ts';
import { sleeps } from './rules/sleeps.ts';
import { testNames } from './rules/test-names.ts';
import { unusedFiles } from './rules/unused-files.ts';
import { readSourceTree, type SourceTree } from './tree/source-tree.ts';

const rules: readonly ((tree: SourceTree) => Problem[])[] = [
  constantCase,
  fileCircles,
  folderCircles,
  packageOrder,
  privateFields,
  pureFolders,
  sleeps,
  testNames,
  unusedFiles,
];

const tree = readSourceTree();
const problems = rules.flatMap((rule) => rule(tree));
for (const { path, line, message } of problems) console.log(`${path}:${line}: ${message}`);
process.exitCode = problems.length === 0 ? 0 : 1;
