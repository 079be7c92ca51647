import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CniConfigError } from '../spec/errors.ts';
import { parseConfList } from './conf-list.ts';

const list = (fields: object) =>
  JSON.stringify({ cniVersion: '1.0.0', name: 'net', plugins: [{ type: 'bridge' }], ...fields });

test('a list is parsed', () => {
  const text = list({
    disableCheck: 'True',
    disableGC: true,
    plugins: [
      { type: 'bridge', bridge: 'br0' },
      { type: 'portmap', capabilities: { portMappings: true, x: false } },
    ],
  });
  assert.deepEqual(parseConfList(text), {
    name: 'net',
    cniVersion: '1.0.0',
    disableCheck: true,
    disableGC: true,
    plugins: [
      { type: 'bridge', capabilities: [], config: { type: 'bridge', bridge: 'br0' } },
      {
        type: 'portmap',
        capabilities: ['portMappings'],
        config: { type: 'portmap', capabilities: { portMappings: true, x: false } },
      },
    ],
    text,
  });
});

for (const [versions, chosen] of [
  [{ cniVersion: '0.4.0' }, '0.4.0'],
  [{ cniVersion: '0.4.0', cniVersions: ['0.3.1', '1.0.0', '1.1.0'] }, '1.1.0'],
  [{ cniVersion: undefined, cniVersions: ['1.0.0', '9.0.0'] }, '1.0.0'],
  [{ cniVersion: '9.0.0', cniVersions: ['0.3.1'] }, '0.3.1'],
  [{ cniVersion: undefined }, ''],
  [{ cniVersion: '' }, ''],
  [{ cniVersion: '0.1.0' }, '0.1.0'],
  [{ cniVersion: '0.2.0' }, '0.2.0'],
  [{ cniVersion: '9.0.0' }, '9.0.0'],
  [{ cniVersion: '9.0.0', cniVersions: ['9.1.0'] }, '9.0.0'],
  [{ cniVersion: undefined, cniVersions: ['9.1.0'] }, ''],
  [{ cniVersion: '1.0.0', cniVersions: [] }, '1.0.0'],
  [{ cniVersion: undefined, cniVersions: ['0.10.0', '0.9.0'] }, '0.10.0'],
] as const) {
  test(`of ${JSON.stringify(versions)} the version is ${chosen}`, () => {
    assert.equal(parseConfList(list(versions)).cniVersion, chosen);
  });
}

for (const [text, message] of [
  ['{"name": "x",', /^f: not JSON: /],
  ['[]', /^f: must be a JSON object, but is an array$/],
  [list({ name: undefined }), /^f: name: missing; must be a string$/],
  [list({ name: 5 }), /^f: name: must be a string, but is a number$/],
  [list({ name: 'a/b' }), /^f: name: "a\/b" must start with/],
  [list({ cniVersion: 1 }), /^f: cniVersion: must be a string, but is a number$/],
  [list({ cniVersion: null }), /^f: cniVersion: must be a string, but is null$/],
  [list({ cniVersion: 'v1' }), /^f: cniVersion: "v1" is not a version, such as 1\.0\.0$/],
  [list({ cniVersions: ['1.0.0.0'] }), /^f: cniVersions\[0\]: "1\.0\.0\.0" is not a version/],
  [list({ cniVersions: [7] }), /^f: cniVersions\[0\]: must be a string, but is a number$/],
  [list({ disableCheck: 'maybe' }), /^f: disableCheck: must be true or false, but is a string$/],
  [list({ disableGC: 1 }), /^f: disableGC: must be true or false, but is a number$/],
  [list({ plugins: undefined }), /^f: plugins: missing; a network needs at least one plugin$/],
  [list({ plugins: [] }), /^f: plugins: is empty; a network needs at least one plugin$/],
  [list({ plugins: {} }), /^f: plugins: must be an array, but is an object$/],
  [list({ plugins: ['bridge'] }), /^f: plugins\[0\]: must be an object, but is a string$/],
  [list({ plugins: [{ type: 'a' }, {}] }), /^f: plugins\[1\]\.type: missing; must be a string$/],
  [list({ plugins: [{ type: '../a' }] }), /^f: plugins\[0\]\.type: "\.\.\/a" must be the file name/],
  [list({ plugins: [{ type: 'a', capabilities: [] }] }), /^f: plugins\[0\]\.capabilities: must be an object/],
  [
    list({ plugins: [{ type: 'a', capabilities: { dns: 'yes' } }] }),
    /^f: plugins\[0\]\.capabilities\.dns: must be true or false, but is a string$/,
  ],
] as const) {
  test(`refused: ${text}`, () => {
    assert.throws(
      () => parseConfList(text, 'f'),
      (error) => error instanceof CniConfigError && error.file === 'f' && message.test(error.message),
    );
  });
}

test('keys of plugins are found in any case, unknown ones and null do no harm', () => {
  const plugin = { Type: 'bridge', Capabilities: { dns: true, mac: null }, dns: null, 'x-note': [1] };
  const [parsed] = parseConfList(list({ plugins: [plugin], 'x-note': {}, unknown: 1 })).plugins;
  assert.deepEqual(parsed, { type: 'bridge', capabilities: ['dns'], config: plugin });
  assert.deepEqual(
    parseConfList(list({ plugins: [{ type: 'a', capabilities: null }] })).plugins[0]?.capabilities,
    [],
  );
});
