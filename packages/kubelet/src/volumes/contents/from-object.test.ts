import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type ObjectSource, objectFiles, type ReadObject } from './from-object.ts';

const values = new Map([
  ['a', Buffer.from('1')],
  ['b', Buffer.from([0xff, 0])],
]);
const read: ReadObject = ({ namespace, name }) =>
  `${namespace}/${name}` === 'ns/there' ? values : undefined;
const defaults = { mode: 0o644, user: 7 };
const filesOf = (source: Partial<ObjectSource>) =>
  objectFiles({ kind: 'ConfigMap', name: 'there', ...source }, 'ns', defaults, read);

test('without items each key is a file', () => {
  assert.deepEqual(
    [...filesOf({})],
    [
      ['a', { data: Buffer.from('1'), mode: 0o644, user: 7 }],
      ['b', { data: Buffer.from([0xff, 0]), mode: 0o644, user: 7 }],
    ],
  );
  assert.equal(filesOf({ items: [] }).size, 2);
});

test('items choose keys, paths, modes and owners', () => {
  const items = [
    { key: 'b', path: 'x/y', mode: 0o400, user: 0 },
    { key: 'a', path: 'z' },
  ];
  assert.deepEqual(
    [...filesOf({ items })],
    [
      ['x/y', { data: Buffer.from([0xff, 0]), mode: 0o400, user: 0 }],
      ['z', { data: Buffer.from('1'), mode: 0o644, user: 7 }],
    ],
  );
});

test('what is missing is an error, unless it is optional', () => {
  const items = [
    { key: 'a', path: 'a' },
    { key: 'c', path: 'c' },
  ];
  const faults: [source: Partial<ObjectSource>, message: string][] = [
    [{ name: 'gone' }, 'configmap "gone" not found'],
    [{ name: 'gone', kind: 'Secret' }, 'secret "gone" not found'],
    [{ items }, 'configmap references non-existent config key: c'],
    [{ items, kind: 'Secret' }, 'references non-existent secret key: c'],
  ];
  for (const [source, message] of faults) assert.throws(() => filesOf(source), { message });
  assert.deepEqual([...filesOf({ name: 'gone', optional: true }).keys()], []);
  assert.deepEqual([...filesOf({ name: 'gone', optional: true, items }).keys()], []);
  assert.deepEqual([...filesOf({ optional: true, items }).keys()], ['a']);
});
