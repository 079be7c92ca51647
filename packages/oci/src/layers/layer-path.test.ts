import assert from 'node:assert/strict';
import { test } from 'node:test';
import { layerPath, linkTarget, whiteout } from './layer-path.ts';

test('paths become components below the root', () => {
  const cases: [path: string, components: string[]][] = [
    ['./etc//passwd', ['etc', 'passwd']],
    ['/etc/passwd', ['etc', 'passwd']],
    ['./', []],
    ['', []],
    ['a/./b/', ['a', 'b']],
    ['..a/b..', ['..a', 'b..']],
  ];
  for (const [path, components] of cases) assert.deepEqual(layerPath(path), components, path);
  for (const path of ['..', '../x', 'a/../b', '/..', 'a/..', 'a\0b']) {
    assert.throws(() => layerPath(path), { name: 'LayerError' }, path);
  }
});

test('links are followed only inside the layer', () => {
  assert.deepEqual(linkTarget(['var'], 'var/run', '../run'), ['run']);
  assert.deepEqual(linkTarget([], 'lib', 'usr/./lib/'), ['usr', 'lib']);
  for (const target of ['/', '/etc', '..', '../..', 'a/../../b']) {
    assert.throws(
      () => linkTarget([], 'link', target),
      /"link" is a symbolic link to .*, which leaves the layer/,
    );
  }
});

test('whiteouts are told from files', () => {
  assert.deepEqual(whiteout('.wh.a'), { kind: 'removed', name: 'a' });
  assert.deepEqual(whiteout('.wh..wh..opq'), { kind: 'opaque' });
  assert.deepEqual(whiteout('.wh..wh.plnk'), { kind: 'ignored' });
  assert.deepEqual(whiteout('.whatever'), { kind: 'none' });
  for (const base of ['.wh.', '.wh..', '.wh...'])
    assert.throws(() => whiteout(base), /is not the whiteout of a file/);
});
