import assert from 'node:assert/strict';
import { test } from 'node:test';
import { defaultConfig, plainRuntime } from './config.ts';
import { parseConfig } from './parse.ts';

test('an empty file keeps every default', () => {
  assert.deepEqual(parseConfig('', 'f', assert.fail), defaultConfig);
  assert.deepEqual(parseConfig('# only a comment\n', 'f', assert.fail), defaultConfig);
});

test('what the file sets replaces the default, beside it nothing changes', () => {
  const config = parseConfig(
    'root: /a\ncni:\n  confDir: /b\nruntimes:\n  kata: { path: /k }\n  crun: {}\ndefaultRuntime: kata\n',
    'f',
    assert.fail,
  );
  assert.equal(config.root, '/a');
  assert.equal(config.state, defaultConfig.state);
  assert.deepEqual(config.cni, { ...defaultConfig.cni, confDir: '/b' });
  assert.deepEqual(config.runtimes, { kata: plainRuntime('/k'), crun: plainRuntime('crun') });
});

test('default sysctls are texts', () => {
  const { defaultSysctls } = parseConfig(
    'defaultSysctls: { net.core.somaxconn: 9, kernel.sem: "1 2 3 4" }',
    'f',
    assert.fail,
  );
  assert.deepEqual(defaultSysctls, { 'net.core.somaxconn': '9', 'kernel.sem': '1 2 3 4' });
  assert.deepEqual(parseConfig('defaultSysctls: {}', 'f', assert.fail).defaultSysctls, {});
});

const rejected: [source: string, message: RegExp][] = [
  ['cni: { timeoutSeconds: 0 }', /^f:1:\d+: cni\.timeoutSeconds: want a positive/],
  ['root: a', /^f:1:\d+: root: want an absolute path, not "a"/],
  ['root: 3', /^f:1:\d+: root: want a non-empty string/],
  ['logLevel: loud', /^f:1:\d+: logLevel: want one of trace, debug/],
  ['cgroupDriver: true', /^f:1:\d+: cgroupDriver: want one of cgroupfs, systemd, not true/],
  ['cni: { pluginDirs: [/a, b] }', /^f:1:\d+: cni\.pluginDirs\[1\]: want an absolute path/],
  [
    'defaultSysctls: { vm.swappiness: 1 }',
    /^f:1:19: defaultSysctls\.vm\.swappiness: vm\.swappiness is not a kernel/,
  ],
  ['defaultSysctls: { net.core.somaxconn: [] }', /^f:1:\d+: .*: want a non-empty string/],
  ['cni: []', /^f:1:\d+: cni: want a mapping/],
  [
    'runtimes: { a: { podAnnotations: [a*b] } }',
    /^f:1:35: runtimes\.a\.podAnnotations\[0\]: want a name, or a prefix/,
  ],
  ['runtimes: { a: { privilegedWithoutHostDevices: 1 } }', /^f:1:18: .*: want true or false/],
  ['runtimes: {}', /^f:1:\d+: runtimes: want at least one/],
  ['defaultRuntime: kata', /^f:1:\d+: defaultRuntime: no runtime of this name; known: crun, runc/],
  ['image: { maxLayerBytes: -1 }', /^f:1:\d+: image\.maxLayerBytes: want a positive/],
  ['image: { maxImageBytes: 0 }', /^f:1:\d+: image\.maxImageBytes: want a positive/],
  [
    'stats: { includedPodMetrics: [cpu, gpu] }',
    /^f:1:\d+: stats\.includedPodMetrics\[1\]: want one of cpu, /,
  ],
  ['stats: { includedPodMetrics: [all, cpu] }', /^f:1:\d+: stats\.includedPodMetrics: "all" stands/],
  ['streaming: { port: 65536 }', /^f:1:\d+: streaming\.port: want a port number/],
  ['streaming: { certFile: /c }', /^f:1:\d+: streaming: certFile and keyFile/],
  ['streaming: { clientCaFile: /c }', /^f:1:\d+: streaming\.clientCaFile: clients can show/],
  ['a: [', /^f:1:5: /],
  ['cni:\n  # why\n  timeoutSeconds: x', /^f:3:3: cni\.timeoutSeconds: /],
  ['root: /a\ncni:\n  pluginDirs:\n    - /a\n    - b', /^f:5:7: cni\.pluginDirs\[1\]: /],
  ['root: /a\nroot: /b', /^f:2:1: Map keys must be unique/],
  ['root: /a\n---\nroot: /b', /^f:2:1: /],
];

for (const [source, message] of rejected) {
  test(`refuses ${source}`, () => assert.throws(() => parseConfig(source, 'f', assert.fail), { message }));
}

const ignored: [source: string, warning: RegExp][] = [
  ['rooot: /a', /^f:1:1: rooot: unknown field, ignored; known here: listen, socketGroup, root, state/],
  [
    'cni: { dir: /a }',
    /^f:1:8: cni\.dir: unknown field, ignored; known here: confDir, pluginDirs, builtInPlugins/,
  ],
  ['runtimes: { crun: { type: oci }, runc: {} }', /^f:1:21: runtimes\.crun\.type: unknown field, ignored/],
];

for (const [source, warning] of ignored) {
  test(`ignores ${source}, and says so`, () => {
    const warnings: string[] = [];
    const config = parseConfig(source, 'f', (message) => warnings.push(message));
    assert.deepEqual(config, defaultConfig);
    assert.equal(warnings.length, 1);
    assert.match(warnings.join(), warning);
  });
}

test('a key without a value says nothing', () => {
  assert.deepEqual(parseConfig('root:\ncni:\nimage: { pinned: }', 'f', assert.fail), defaultConfig);
});
