import assert from 'node:assert/strict';
import { test } from 'node:test';
import { examplesOf, programOf } from './examples.ts';

test('examples are found by their tag, with the line and the mark', () => {
  const source = [
    'export interface Options {}',
    '/**',
    ' * Adds.',
    ' *',
    ' * @example add(1, 2);',
    ' * @example (root)',
    ' * const options: Options = {};',
    ' * @throws never',
    ' */',
    'export function add() {}',
  ].join('\n');
  const [short, marked, ...more] = examplesOf('packages/x/src/a/b.ts', source);
  assert.deepEqual(short, {
    file: 'packages/x/src/a/b.ts',
    line: 5,
    needsRoot: false,
    code: 'add(1, 2);',
  });
  assert.deepEqual([marked?.line, marked?.needsRoot, more], [7, true, []]);
  assert.equal(
    short && programOf(short, source),
    "import { add } from '@berth/x/a/b.ts';\nadd(1, 2);\nexport {};\n",
  );
  assert.match(marked ? programOf(marked, source) : '', /^import \{ type Options \} from/);
});
