import assert from 'node:assert/strict';
import { test } from 'node:test';
import { directionOf, nameOfSource, placeOf } from './place.ts';

test('a place is in a container or on this machine', () => {
  const cases: [text: string, place: ReturnType<typeof placeOf>][] = [
    ['web:/etc/hosts', { kind: 'container', container: 'web', path: '/etc/hosts' }],
    ['shop/web/nginx:tmp', { kind: 'container', container: 'shop/web/nginx', path: '/tmp' }],
    ['web:/a/../../b', { kind: 'container', container: 'web', path: '/b' }],
    ['web:', { kind: 'container', container: 'web', path: '/' }],
    ['web:/a:b', { kind: 'container', container: 'web', path: '/a:b' }],
    ['file', { kind: 'local', path: 'file' }],
    ['./a:b', { kind: 'local', path: './a:b' }],
    ['/a:b', { kind: 'local', path: '/a:b' }],
    [':x', { kind: 'local', path: ':x' }],
  ];
  for (const [text, place] of cases) assert.deepEqual(placeOf(text), place);
});

test('one place is in a container', () => {
  assert.equal(directionOf(placeOf('a:/b'), placeOf('c')).out, true);
  assert.equal(directionOf(placeOf('c'), placeOf('a:/b')).out, false);
  assert.throws(() => directionOf(placeOf('a'), placeOf('b')), /neither place/);
  assert.throws(() => directionOf(placeOf('a:/b'), placeOf('c:/d')), /both places/);
});

test('the name of a source, unless its contents are meant', () => {
  const cases: [path: string, name: string | undefined][] = [
    ['/etc/hosts', 'hosts'],
    ['dir/', 'dir'],
    ['dir/.', undefined],
    ['.', undefined],
    ['./', undefined],
    ['/', undefined],
    ['..', undefined],
    ['a/..', undefined],
    ['.hidden', '.hidden'],
  ];
  for (const [path, name] of cases) assert.equal(nameOfSource(path), name, path);
});
