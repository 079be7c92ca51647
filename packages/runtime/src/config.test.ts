import assert from 'node:assert/strict';
import { test } from 'node:test';
import { defaultConfig, parseConfig } from './config.ts';

test('an empty file keeps every default', () => {
  assert.deepEqual(parseConfig('', 'f'), defaultConfig);
  assert.deepEqual(parseConfig('# only a comment\n', 'f'), defaultConfig);
});

test('what the file sets replaces the default, beside it nothing changes', () => {
  const config = parseConfig(
    'root: /a\ncni:\n  confDir: /b\nruntimes:\n  kata: { path: /k }\n  crun: {}\ndefaultRuntime: kata\n',
    'f',
  );
  assert.equal(config.root, '/a');
  assert.equal(config.state, defaultConfig.state);
  assert.deepEqual(config.cni, { ...defaultConfig.cni, confDir: '/b' });
  assert.deepEqual(config.runtimes, { kata: { path: '/k' }, crun: { path: 'crun' } });
});

const rejected: [source: string, message: RegExp][] = [
  ['rooot: /a', /^f: rooot: unknown field; known here: listen, root, state/],
  ['cni: { dir: /a }', /^f: cni\.dir: unknown field; known here: confDir, pluginDirs, cacheDir/],
  ['cni: { timeoutSeconds: 0 }', /^f: cni\.timeoutSeconds: want a positive/],
  ['root: a', /^f: root: want an absolute path, not "a"/],
  ['root: 3', /^f: root: want a non-empty string/],
  ['logLevel: loud', /^f: logLevel: want one of trace, debug/],
  ['cgroupDriver: true', /^f: cgroupDriver: want one of cgroupfs, systemd, not true/],
  ['cni: { pluginDirs: [/a, b] }', /^f: cni\.pluginDirs\[1\]: want an absolute path/],
  ['cni: []', /^f: cni: want a mapping/],
  ['runtimes: {}', /^f: runtimes: want at least one/],
  ['defaultRuntime: kata', /^f: defaultRuntime: no runtime of this name; known: crun, runc/],
  ['image: { maxLayerBytes: -1 }', /^f: image\.maxLayerBytes: want a positive/],
  ['image: { maxImageBytes: 0 }', /^f: image\.maxImageBytes: want a positive/],
  ['a: [', /^f: /],
];

for (const [source, message] of rejected) {
  test(`refuses ${source}`, () => assert.throws(() => parseConfig(source, 'f'), { message }));
}
