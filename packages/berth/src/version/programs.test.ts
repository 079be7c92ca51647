import assert from 'node:assert/strict';
import { test } from 'node:test';
import { programVersion, versionIn } from './programs.ts';

test('the version in what a program prints', () => {
  const cases: [text: string, version: string][] = [
    ['crun version 1.8.1\ncommit: f8a096be\n', '1.8.1'],
    ['runc version 1.1.5+ds1\ncommit: 1.1.5+ds1-1+deb12u1\n', '1.1.5+ds1'],
    ['conmon version 2.1.6\n', '2.1.6'],
    ['CNI bridge plugin v1.1.1\nCNI protocol versions supported: 0.1.0\n', '1.1.1'],
    ['who knows\n', 'who knows'],
    ['', 'unknown'],
  ];
  for (const [text, version] of cases) assert.equal(versionIn(text), version);
});

test('a program that is not there is said to be missing', async () => {
  assert.deepEqual(await programVersion('/none/crun'), { name: 'crun', version: 'not installed' });
});
