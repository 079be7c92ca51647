import assert from 'node:assert/strict';
import { test } from 'node:test';
import { layerPath, linkSteps, whiteout } from './layer-path.ts';

test('paths become components below the root', () => {
  const cases: [path: string, components: string[]][] = [
    ['./etc//passwd', ['etc', 'passwd']],
    ['/etc/passwd', ['etc', 'passwd']],
    ['./', []],
    ['', []],
    ['a/./b/', ['a', 'b']],
    ['..a/b..', ['..a', 'b..']],
    ['a/../b', ['b']],
    ['./a/b/../../c/./d/..', ['c']],
    ['a/..', []],
  ];
  for (const [path, components] of cases) assert.deepEqual(layerPath(path), components, path);
  for (const path of ['..', '../x', 'a/../../b', '/..', 'a\0b']) {
    assert.throws(() => layerPath(path), { name: 'LayerError' }, path);
  }
});

test('a link leads step by step', () => {
  assert.deepEqual(linkSteps('../run'), ['..', 'run']);
  assert.deepEqual(linkSteps('usr/./lib/'), ['usr', 'lib']);
  assert.deepEqual(linkSteps('/'), []);
});

test('whiteouts are told from files', () => {
  assert.deepEqual(whiteout('.wh.a'), { kind: 'removed', name: 'a' });
  assert.deepEqual(whiteout('.wh..wh..opq'), { kind: 'opaque' });
  assert.deepEqual(whiteout('.wh..wh.plnk'), { kind: 'ignored' });
  assert.deepEqual(whiteout('.whatever'), { kind: 'none' });
  for (const base of ['.wh.', '.wh..', '.wh...'])
    assert.throws(() => whiteout(base), /is not the whiteout of a file/);
});
