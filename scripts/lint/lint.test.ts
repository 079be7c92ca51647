import assert from 'node:assert/strict';
import { test } from 'node:test';
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
import { circles } from './tree/circles.ts';
import { importsOf } from './tree/imports.ts';
import { type SourceTree, sourceTree } from './tree/source-tree.ts';

/** Checks which lines of a tree of files a rule names, as PATH:LINE. */
function expectProblems(
  rule: (tree: SourceTree) => Problem[],
  files: Record<string, string>,
  expected: string[],
): void {
  const problems = rule(sourceTree(Object.entries(files)));
  assert.deepEqual(
    problems.map(({ path, line }) => `${path}:${line}`),
    expected,
  );
}

test('imports: of all forms, with the line, the file and whether types are all that is wanted', () => {
  const source = [
    "import { a } from './a.ts';",
    "import type { B } from '@berth/cri/b.ts';",
    'import {',
    '  type C,',
    '  d,',
    "} from '../d.ts';",
    "import 'node:fs';",
    "export { e } from './e.ts';",
    "export type { F } from './f.ts';",
    "const g = await import('./g.ts');",
  ];
  const found = importsOf('packages/cni/src/x/y.ts', source.join('\n'));
  assert.deepEqual(
    found.map(({ line, specifier, file, typeOnly }) => [line, specifier, file, typeOnly]),
    [
      [1, './a.ts', 'packages/cni/src/x/a.ts', false],
      [2, '@berth/cri/b.ts', 'packages/cri/src/b.ts', true],
      [6, '../d.ts', 'packages/cni/src/d.ts', false],
      [7, 'node:fs', undefined, false],
      [8, './e.ts', 'packages/cni/src/x/e.ts', false],
      [9, './f.ts', 'packages/cni/src/x/f.ts', true],
      [10, './g.ts', 'packages/cni/src/x/g.ts', false],
    ],
  );
});

test('circles: none in a diamond, each component once', () => {
  const graph = (arrows: string) =>
    new Map(
      Object.entries(Object.groupBy(arrows.split(' '), (arrow) => arrow[0] ?? '')).map(([from, all = []]) => [
        from,
        new Set(all.map((arrow) => arrow[1] ?? '')),
      ]),
    );
  assert.deepEqual(circles(graph('ab ac bd cd')), []);
  assert.deepEqual(
    circles(graph('ab bc ca cd de ed')).map((component) => component.sort().join('')),
    ['de', 'abc'],
  );
});

test('private members are private by the language', () => {
  const source = [
    'class A {',
    '  private b = 1;',
    '  protected c() {}',
    '  private constructor() {}',
    '  #d = 1;',
    '  // private e',
    '}',
  ];
  expectProblems(privateFields, { 'packages/cni/src/a.ts': source.join('\n') }, [
    'packages/cni/src/a.ts:2',
    'packages/cni/src/a.ts:3',
  ]);
});

test('capitals are for the names of kernel headers', () => {
  const source = [
    'const TIMEOUT_MS = 1;',
    'export const O_PATH = 1;',
    'const SIGKILL = 9;',
    'const one = 1;',
  ];
  expectProblems(constantCase, { 'packages/linux/src/a.ts': source.join('\n') }, [
    'packages/linux/src/a.ts:1',
  ]);
});

test('a test is named for a file, a folder or a package', () => {
  const names = [
    'a.ts',
    'a.test.ts',
    'a.hostile.system.test.ts',
    'b.test.ts',
    'x/c.ts',
    'x/x.test.ts',
    'x.test.ts',
  ];
  const files = Object.fromEntries(names.map((name) => [`packages/cni/src/${name}`, '']));
  expectProblems(
    testNames,
    { ...files, 'packages/cni/src/cni.test.ts': '', 'test/system/soak.test.ts': '' },
    ['packages/cni/src/b.test.ts:1'],
  );
});

test('a sleep in a test has a reason', () => {
  const source = [
    'await delay(50);',
    '// The kernel tells nobody.',
    'await sleep(1_000);',
    'await new Promise((resolve) => setTimeout(resolve, 20));',
    'await delay(graceMs); // no event says that nothing came',
    'await delay(steps.shift() ?? 0);',
  ];
  expectProblems(
    sleeps,
    { 'packages/cni/src/a.test.ts': source.join('\n'), 'packages/cni/src/a.ts': source[0] ?? '' },
    ['packages/cni/src/a.test.ts:1', 'packages/cni/src/a.test.ts:4'],
  );
});

test('files and folders import each other one way', () => {
  const files = {
    'packages/cni/src/a/one.ts': "import { two } from '../b/two.ts';",
    'packages/cni/src/b/two.ts': '',
    'packages/cni/src/b/three.ts': "import { four } from '../a/four.ts';",
    'packages/cni/src/a/four.ts': '',
    // What only tests use does not count.
    'packages/cni/src/b/b.test.ts': "import { one } from '../a/one.ts';",
  };
  expectProblems(fileCircles, files, []);
  expectProblems(folderCircles, files, ['packages/cni/src/a:1']);
  const circle = { ...files, 'packages/cni/src/b/two.ts': "import { one } from '../a/one.ts';" };
  expectProblems(fileCircles, circle, ['packages/cni/src/a/one.ts:1']);
  expectProblems(folderCircles, { ...files, 'packages/cni/src/b/three.ts': '' }, []);
});

test('packages import downwards, and nothing of tests', () => {
  const from = (path: string, imported: string) =>
    expectProblems(packageOrder, { [path]: `import { x } from '${imported}';` }, [`${path}:1`]);
  from('packages/linux/src/a.ts', '@berth/oci/b.ts');
  from('packages/oci/src/a.ts', '@berth/cri/b.ts');
  from('packages/oci/src/a.ts', './testing/b.ts');
  from('packages/oci/src/a.ts', '../../../test/vm/b.ts');
  from('packages/unheard/src/a.ts', './b.ts');
  expectProblems(packageOrder, { 'packages/oci/src/a.ts': "import { x } from '@berth/linux/b.ts';" }, []);
});

test('a pure folder reaches no effect, through others neither', () => {
  const pure = ['packages/oci/src/spec/'];
  const rule = (tree: SourceTree) => pureFolders(tree, pure);
  const path = 'packages/oci/src/spec/a.ts';
  const with_ = (text: string, others: Record<string, string> = {}) => ({ [path]: text, ...others });
  const effects = { 'packages/oci/src/read.ts': "import { readFileSync } from 'node:fs';" };
  expectProblems(rule, with_("import { join } from 'node:path';"), []);
  expectProblems(rule, with_("import type { Stats } from 'node:fs';"), []);
  expectProblems(rule, with_("import type { x } from '../read.ts';", effects), []);
  expectProblems(rule, with_("import { x } from '../read.ts';", effects), [`${path}:1`]);
  expectProblems(rule, with_("import { readFileSync } from 'node:fs';"), [`${path}:1`]);
  expectProblems(rule, with_('const now = Date.now();'), [`${path}:1`]);
  expectProblems(rule, with_("const text = 'Date.now()'; // process.pid"), []);
});

test('a file that only tests import is unused', () => {
  const files = {
    'packages/oci/src/main.ts': "import { used } from './used.ts';",
    'packages/oci/src/used.ts': '',
    'packages/oci/src/layers/unpack-worker.ts': '',
    'packages/oci/src/unused.ts': '',
    'packages/oci/src/unused.test.ts': "import { unused } from './unused.ts';",
    'packages/oci/src/testing/a.ts': '',
  };
  expectProblems(unusedFiles, files, ['packages/oci/src/unused.ts:1']);
});
