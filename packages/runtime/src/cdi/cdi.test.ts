import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { mknod } from '@berth/linux/files/mknod.ts';
import type { Spec } from '@berth/oci/runtime-spec/config.ts';
import { createLogger } from '../logging/log.ts';
import { applyEdits, editsOf, withCdiDevices } from './inject.ts';
import { isQualifiedName, requestedDevices } from './names.ts';
import { parseCdiFile } from './parse-file.ts';
import { readCdiRegistry, resolveDevices } from './registry.ts';
import { parseCdiSpec } from './spec.ts';

test('names', () => {
  for (const name of ['vendor.com/gpu=0', 'a/b=c', 'v-1.x/class_2=name.1:2-3', 'a/b=0']) {
    assert.equal(isQualifiedName(name), true, name);
  }
  for (const name of [
    '',
    'gpu',
    'vendor.com=0',
    '/gpu=0',
    'v/c=',
    '0v/c=d',
    'v/c-=d',
    'v/c=d:',
    'v/a/b=d',
    'v/c=a=b',
  ]) {
    assert.equal(isQualifiedName(name), false, name);
  }
});

test('what a container asks for: the field, then annotations, each device once', () => {
  const annotations = { 'cdi.k8s.io/plugin_0': 'v/c=2,v/c=1', other: 'v/c=9' };
  assert.deepEqual(requestedDevices({ CDIDevices: [{ name: 'v/c=1' }], annotations }), ['v/c=1', 'v/c=2']);
  assert.throws(
    () => requestedDevices({ CDIDevices: [], annotations: { 'cdi.k8s.io/x': 'v/c=1,odd' } }),
    /^RuntimeError: failed to parse CDI device annotations: invalid CDI device name "odd"$/,
  );
});

const file = (devices: object[], more: object = {}) => ({
  cdiVersion: '0.6.0',
  kind: 'v.com/c',
  devices,
  ...more,
});
const device = (name: string, containerEdits: object = { env: [`DEVICE=${name}`] }) => ({
  name,
  containerEdits,
});

test('files that cannot be taken name their field', () => {
  const refused: [unknown, RegExp][] = [
    [[], /^MalformedDocumentError: f: expected an object/],
    [file([device('a')], { cdiVersion: '2.0.0' }), /f\.cdiVersion: invalid version "2.0.0"/],
    [file([device('a')], { kind: 'v.com' }), /f\.kind: invalid kind "v.com"/],
    [file([]), /f: invalid spec, no devices/],
    [file([device('a'), device('a')]), /multiple device "a"/],
    [file([device('a', {})]), /devices\[0\]\.containerEdits: invalid device, empty/],
    [file([device('-')]), /devices\[0\]\.name: invalid device name "-"/],
    [file([device('a', { env: ['X'] })]), /env\[0\]: invalid environment variable "X"/],
    [file([device('a', { deviceNodes: [{ path: '/dev/x', type: 'z' }] })]), /type: invalid type "z"/],
    [file([device('a', { deviceNodes: [{ path: '/dev/x', permissions: 'x' }] })]), /permissions: invalid/],
    [file([device('a', { hooks: [{ hookName: 'now', path: '/x' }] })]), /hookName: invalid hook name "now"/],
    [file([device('a', { mounts: [{ hostPath: '', containerPath: '/x' }] })]), /hostPath: is empty/],
    [file([device('a', { netDevices: [{}] })]), /netDevices\[0\]\.hostInterfaceName: expected a string/],
    [
      file([device('a', { netDevices: ['x', 'y'].map((name) => ({ hostInterfaceName: 'eth9', name })) })]),
      /netDevices\[1\]: .* eth9 or y is there twice/,
    ],
    [file([device('a')], { cdiVersion: '0.0.9' }), /invalid version/],
    [file([device('a', { odd: 1 })]), /containerEdits: unknown field "odd"/],
  ];
  for (const [value, message] of refused) assert.throws(() => parseCdiSpec(value, 'f'), message);
});

test('a file is read as the reference library reads it', () => {
  const nodeOf = (text: string) =>
    parseCdiSpec(
      parseCdiFile(`cdiVersion: 0.6.0
kind: v.com/c
devices:
- name: 0
  containerEdits:
    deviceNodes:
    - path: /dev/x
${text.replaceAll(/^/gm, '      ')}`),
      'f',
    ).devices.get('0')?.deviceNodes[0];
  const cases: [string, object][] = [
    ['fileMode: 0640', { fileMode: 0o640 }],
    ['fileMode: 0o640', { fileMode: 0o640 }],
    ['fileMode: 416', { fileMode: 0o640 }],
    ['fileMode: 0x1A0', { fileMode: 0o640 }],
    ['major: 1_0\nminor: 0b11', { major: 10, minor: 3 }],
    ['uid: 007\ngid: +5', { uid: 7, gid: 5 }],
    ['{"fileMode": 416}'.slice(1, -1), { fileMode: 0o640 }],
  ];
  for (const [text, members] of cases) assert.deepEqual(nodeOf(text), { path: '/dev/x', ...members }, text);
  const edits = parseCdiSpec(
    parseCdiFile('{cdiVersion: 0.6.0, kind: v.com/c, devices: [{name: on, containerEdits: {env: [A=1]}}]}'),
    'f',
  );
  assert.deepEqual([...edits.devices.keys()], ['true']);
  assert.throws(
    () => parseCdiFile('kind: a\nkind: b\n'),
    /^YamlError: line 2, column 1: key "kind" is already/,
  );
});

test('the ending of a name does not say what is in a file', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'berth-cdi-'));
  try {
    const spec = 'cdiVersion: 0.6.0\nkind: v.com/c\ndevices:\n- {name: a, containerEdits: {env: [A=1]}}\n';
    writeFileSync(join(dir, 'a.json'), spec);
    const utf16 = Buffer.from(`\ufeff${spec.replace('name: a', 'name: b')}`, 'utf16le');
    writeFileSync(join(dir, 'b.yaml'), utf16);
    const { devices, problems } = await readCdiRegistry([dir]);
    assert.deepEqual([[...devices.keys()], problems], [['v.com/c=a', 'v.com/c=b'], []]);
  } finally {
    rmSync(dir, { recursive: true });
  }
});

test('files that the CDI library takes', () => {
  for (const version of ['0.1.0', 'v0.2.0', '0.3.0', '1.0.0', 'v1.1.0']) {
    assert.equal(parseCdiSpec(file([device('a')], { cdiVersion: version }), 'f').devices.size, 1, version);
  }
  const odd = {
    CDIVersion: '0.6.0',
    Kind: 'v.com/c',
    annotations: null,
    containerEdits: null,
    devices: [{ Name: 'a', containerEdits: { Env: ['A=1'], mounts: null, hooks: [] } }],
  };
  assert.deepEqual(parseCdiSpec(odd, 'f').devices.get('a')?.env, ['A=1']);
});

const specFile = (path: string, priority: number, ...names: string[]) => ({
  path,
  priority,
  spec: parseCdiSpec(
    file(
      names.map((name) => device(name, { env: [`FROM=${path}`] })),
      { containerEdits: { env: [`ALL=${path}`] } },
    ),
    path,
  ),
});

test('the later directory goes before; two in one directory conflict', () => {
  const { devices, conflicts } = resolveDevices([
    specFile('/etc/1', 0, 'a', 'b', 'c'),
    specFile('/etc/2', 0, 'b', 'c'),
    specFile('/run/3', 1, 'a', 'c'),
  ]);
  assert.deepEqual(
    [...devices].map(([name, { edits }]) => [name, edits.env[0]]),
    [
      ['v.com/c=a', 'FROM=/run/3'],
      ['v.com/c=c', 'FROM=/run/3'],
    ],
  );
  assert.deepEqual(conflicts, ['conflicting device "v.com/c=b" (specs "/etc/1", "/etc/2")']);
});

test("a specification's own edits come once, before its first device", () => {
  const registry = { ...resolveDevices([specFile('/f', 0, 'a', 'b')]), problems: [] };
  assert.deepEqual(
    editsOf(['v.com/c=b', 'v.com/c=a'], registry).map(({ env }) => env),
    [['ALL=/f'], ['FROM=/f'], ['FROM=/f']],
  );
  assert.throws(
    () => editsOf(['v.com/c=a', 'x/y=z', 'v.com/c=q'], registry),
    /CDI device injection failed: unresolvable CDI devices x\/y=z, v\.com\/c=q$/,
  );
});

test('edits of config.json', () => {
  const spec: Spec = {
    ociVersion: '1.0.2',
    process: { cwd: '/', user: { uid: 7, gid: 8, additionalGids: [8] }, env: ['A=1', 'PATH=/bin'] },
    mounts: [{ destination: '/proc' }, { destination: '/a/b', source: 'old' }],
    linux: { devices: [], resources: { devices: [{ allow: false, access: 'rwm' }] } },
  };
  const { devices } = parseCdiSpec(
    file([
      device('a', {
        env: ['A=2'],
        mounts: [{ hostPath: 'new', containerPath: '/a/b', options: ['ro', 'bind'] }],
        hooks: [{ hookName: 'createContainer', path: '/bin/hook', args: ['hook', 'x'], timeout: 3 }],
        additionalGids: [0, 44],
        intelRdt: { closID: 'x' },
        netDevices: [{ hostInterfaceName: 'eth9', name: 'fast0' }],
      }),
    ]),
    'f',
  );
  const nodes = [
    { device: { path: '/dev/x', type: 'c' as const, major: 1, minor: 3 }, permissions: 'r' },
    {
      device: { path: '/dev/y', type: 'b' as const, major: 9, minor: 0, uid: 0, gid: 6 },
      permissions: 'none',
    },
  ];
  const edited = applyEdits(spec, [...devices.values()], nodes);
  assert.deepEqual(edited.process?.env, ['PATH=/bin', 'A=2']);
  assert.deepEqual(edited.process?.user.additionalGids, [8, 44]);
  assert.deepEqual(edited.mounts, [
    { destination: '/proc' },
    { destination: '/a/b', source: 'new', options: ['ro', 'bind'] },
  ]);
  assert.deepEqual(edited.hooks, {
    createContainer: [{ path: '/bin/hook', args: ['hook', 'x'], timeout: 3 }],
  });
  assert.deepEqual(edited.linux?.intelRdt, { closID: 'x' });
  assert.deepEqual(edited.linux?.netDevices, { eth9: { name: 'fast0' } });
  assert.deepEqual(edited.linux?.devices, [
    { uid: 7, gid: 8, path: '/dev/x', type: 'c', major: 1, minor: 3 },
    { uid: 0, gid: 6, path: '/dev/y', type: 'b', major: 9, minor: 0 },
  ]);
  assert.deepEqual(edited.linux?.resources?.devices, [
    { allow: false, access: 'rwm' },
    { allow: true, type: 'c', access: 'r', major: 1, minor: 3 },
  ]);
});

test('a FIFO among the specification files is told of, and blocks nobody', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'berth-cdi-'));
  try {
    mknod(join(dir, 'fifo.json'), { type: 'fifo', mode: 0o644 });
    const { problems } = await readCdiRegistry([dir]);
    assert.match(problems.join(), /fifo\.json is a FIFO, not a regular file/);
  } finally {
    rmSync(dir, { recursive: true });
  }
});

test('a directory that cannot be read keeps no other from being read', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'berth-cdi-'));
  try {
    const path = join(dir, 'real.json');
    writeFileSync(path, JSON.stringify(file([device('a')])));
    const linked = join(dir, 'linked');
    mkdirSync(linked);
    symlinkSync(path, join(linked, 'link.json'));
    const { devices, problems } = await readCdiRegistry([path, linked, join(dir, 'absent')]);
    assert.deepEqual([...devices.keys()], ['v.com/c=a']);
    assert.match(problems.join(), /^failed to read .*real\.json: .*ENOTDIR/);
  } finally {
    rmSync(dir, { recursive: true });
  }
});

test('what a specification says of a node counts, the host tells the rest', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'berth-cdi-'));
  try {
    const nodes = [{ path: '/dev/null' }, { path: '/dev/n', hostPath: '/dev/null', major: 5, minor: 7 }];
    const devices = [device('a', { deviceNodes: nodes })];
    writeFileSync(join(dir, 'v.json'), JSON.stringify(file(devices)));
    const spec = await withCdiDevices(
      { ociVersion: '1.0.2' },
      { CDIDevices: [{ name: 'v.com/c=a' }], annotations: {} },
      { directories: [dir], log: createLogger('trace', assert.fail) },
    );
    assert.deepEqual(
      spec.linux?.devices?.map(({ path, type, major, minor }) => [path, type, major, minor]),
      [
        ['/dev/null', 'c', 1, 3],
        ['/dev/n', 'c', 5, 7],
      ],
    );
  } finally {
    rmSync(dir, { recursive: true });
  }
});
