import assert from 'node:assert/strict';
import { test } from 'node:test';
import { moduleVerbosity } from './vmodule.ts';

test('the first pattern that matches the file’s name counts', () => {
  const cases: [pattern: string, fileName: string, matches: boolean][] = [
    ['worker', 'worker.ts', true],
    ['worker', 'workers.ts', false],
    ['worker.ts', 'worker.ts', false],
    ['work*', 'workers.ts', true],
    ['*-manager', 'image-manager.ts', true],
    ['?orker', 'worker.ts', true],
    ['[v-x]orker', 'worker.ts', true],
    ['[^w]orker', 'worker.ts', false],
    ['work\\*', 'worker.ts', false],
    ['w.rker', 'worker.ts', false],
    ['[z-a]', 'b.ts', false],
    ['worker[', 'worker.ts', false],
    ['*', 'main.ts', true],
  ];
  for (const [filePattern, fileName, isMatch] of cases) {
    assert.equal(
      moduleVerbosity([{ filePattern, verbosity: 4 }], fileName),
      isMatch ? 4 : undefined,
      `${filePattern} ${fileName}`,
    );
  }
  const both = [
    { filePattern: 'w*', verbosity: 1 },
    { filePattern: 'worker', verbosity: 9 },
  ];
  assert.equal(moduleVerbosity(both, 'worker.ts'), 1);
});
