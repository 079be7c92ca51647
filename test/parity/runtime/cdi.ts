// CDI: specifications as vendors' tools and people write them, and requests for their devices.
import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ContainerConfig, DeepPartial } from '@berth/cri/generated/api.ts';
import { digestOf } from '@berth/oci/image-spec/digest.ts';
import type { Case, Json } from '../case.ts';
import { inContainer, type Running } from './container.ts';
import type { RuntimeSide } from './node.ts';
import { mountFacts, processFacts } from './process.ts';

const area = 'cdi';

/** KIND stands for the case's vendor and class, VENDOR for the vendor, DIR for a folder of the case with the file `f`. */
interface Row {
  /** Texts as they are, all else as JSON; the name's ending decides how it is read. */
  files: Readonly<Record<string, Json>>;
  devices?: string[];
  annotations?: Record<string, string>;
  config?: DeepPartial<ContainerConfig>;
}

const spec = (edits: Json, more: { [key: string]: Json } = {}): Json => ({
  cdiVersion: '0.6.0',
  kind: 'KIND',
  devices: [{ name: 'dev', containerEdits: edits }],
  ...more,
});
const env = { env: ['SEEN=yes'] };
const node = (more: { [key: string]: Json }): Json => ({
  deviceNodes: [{ path: '/dev/mine', hostPath: '/dev/null', ...more }],
});
const yaml = (edits: string, version = '"0.6.0"') =>
  `cdiVersion: ${version}\nkind: KIND\ndevices:\n  - name: dev\n    containerEdits:\n${edits}`;
const yamlNode = (fields: string) =>
  yaml(`      deviceNodes:\n        - path: /dev/mine\n          hostPath: /dev/null\n          ${fields}\n`);

/** One specification, asked for its device `dev`. */
const specs: Readonly<Record<string, Json>> = {
  'an environment': spec(env),
  'edits of all devices': spec(env, { containerEdits: { env: ['ALL=yes'] } }),
  'a variable without an equals sign': spec({ env: ['SEEN'] }),
  'an empty variable': spec({ env: [''] }),
  'no edits of the device': spec({}),
  'edits of null': spec(null),
  'no devices': spec(env, { devices: [] }),
  'devices of null': spec(env, { devices: null }),
  'two devices of one name': spec(env, {
    devices: [
      { name: 'dev', containerEdits: env },
      { name: 'dev', containerEdits: env },
    ],
  }),
  'an old version': spec(env, { cdiVersion: '0.3.0' }),
  'the oldest version': spec(env, { cdiVersion: '0.1.0' }),
  'version 1.0.0': spec(env, { cdiVersion: '1.0.0' }),
  'a version that does not exist': spec(env, { cdiVersion: '9.9.9' }),
  'a version with a v': spec(env, { cdiVersion: 'v0.6.0' }),
  'no version': spec(env, { cdiVersion: '' }),
  'an old version with annotations': spec(env, { cdiVersion: '0.3.0', annotations: { a: 'b' } }),
  'an old version with a name that begins with a digit': spec(env, {
    cdiVersion: '0.3.0',
    devices: [
      { name: '0', containerEdits: env },
      { name: 'dev', containerEdits: env },
    ],
  }),
  annotations: spec(env, { annotations: { 'a.b/c': 'd' } }),
  'annotations that are no texts': spec(env, { annotations: { a: 1 } }),
  'members that are unknown': spec(env, { 'x-mine': 1 }),
  'a member that is unknown in edits': spec({ ...env, mine: 1 }),
  'names of another case': {
    CDIVersion: '0.6.0',
    Kind: 'KIND',
    Devices: [{ Name: 'dev', ContainerEdits: { Env: ['SEEN=yes'] } }],
  },
  'a kind without a class': spec(env, { kind: 'VENDOR' }),
  'a kind with two slashes': spec(env, { kind: 'KIND/x' }),
  'a device': spec(node({})),
  'a device without a host path': spec({ deviceNodes: [{ path: '/dev/null' }] }),
  'a device with numbers of its own': spec({
    deviceNodes: [{ path: '/dev/mine', type: 'c', major: 1, minor: 5 }],
  }),
  'a device with a type of u': spec(node({ type: 'u' })),
  'a device with an unknown type': spec(node({ type: 'x' })),
  'a device with an empty type': spec(node({ type: '' })),
  'a device that is missing': spec({ deviceNodes: [{ path: '/dev/mine', hostPath: '/dev/no-such-device' }] }),
  'a device that is missing, with its numbers': spec({
    deviceNodes: [{ path: '/dev/mine', hostPath: '/dev/no-such-device', type: 'c', major: 1, minor: 3 }],
  }),
  'a device with permissions': spec(node({ permissions: 'r' })),
  'a device with odd permissions': spec(node({ permissions: 'xyz' })),
  'a device with a mode': spec(node({ fileMode: 0o640 })),
  'a device with a mode with the bits of its type': spec(node({ fileMode: 0o20640 })),
  'a device with a mode in text': spec(node({ fileMode: '0640' })),
  'a device with a mode of null': spec(node({ fileMode: null })),
  'a device with an owner': spec(node({ uid: 1000, gid: 1001 })),
  'a device with an owner below zero': spec(node({ uid: -1 })),
  'a device without a path': spec({ deviceNodes: [{ hostPath: '/dev/null' }] }),
  'a device by a relative path': spec({ deviceNodes: [{ path: 'dev/mine', hostPath: '/dev/null' }] }),
  'a device twice': spec({
    deviceNodes: [
      { path: '/dev/mine', hostPath: '/dev/null' },
      { path: '/dev/mine', hostPath: '/dev/zero' },
    ],
  }),
  'YAML: a mode in octal': yamlNode('fileMode: 0640'),
  'YAML: a mode in octal of YAML 1.2': yamlNode('fileMode: 0o640'),
  'YAML: a mode in hex': yamlNode('fileMode: 0x1A0'),
  'YAML: a mode with an underscore': yamlNode('fileMode: 4_16'),
  'YAML: a mode in binary': yamlNode('fileMode: 0b110100000'),
  'YAML: a mode in base 60': yamlNode('fileMode: 6:56'),
  'YAML: a mode with a plus sign': yamlNode('fileMode: +0640'),
  'YAML: a mode with a point': yamlNode('fileMode: 416.0'),
  'YAML: a mode in quotes': yamlNode('fileMode: "0640"'),
  'YAML: an owner in octal': yamlNode('uid: 010'),
  'YAML: an owner of null': yamlNode('uid: ~'),
  'YAML: a number as a variable': yaml('      env: [5]\n'),
  'YAML: yes as a variable': yaml('      env: [yes]\n'),
  'YAML: a date as a variable': yaml('      env: [2020-01-01]\n'),
  'YAML: a version that is a number': yaml('      env: ["SEEN=yes"]\n', '0.6'),
  'YAML: a version without quotes': yaml('      env: ["SEEN=yes"]\n', '0.6.0'),
  'YAML: a name that is a number':
    'cdiVersion: 0.6.0\nkind: KIND\ndevices:\n- name: 5\n  containerEdits: {env: ["SEEN=no"]}\n- name: dev\n  containerEdits: {env: ["SEEN=yes"]}\n',
  'YAML: an anchor':
    'cdiVersion: 0.6.0\nkind: KIND\ndevices:\n- name: other\n  containerEdits: &e {env: ["SEEN=yes"]}\n- name: dev\n  containerEdits: *e\n',
  'YAML: a merge':
    'cdiVersion: 0.6.0\nkind: KIND\ndevices:\n- &d\n  name: other\n  containerEdits: {env: ["SEEN=yes"]}\n- <<: *d\n  name: dev\n',
  'YAML: a key twice': yaml('      env: ["SEEN=yes"]\n      env: ["SEEN=no"]\n'),
  'YAML: two documents': `${yaml('      env: ["SEEN=yes"]\n')}---\nkind: other\n`,
  'YAML: three dashes first': `---\n${yaml('      env: ["SEEN=yes"]\n')}`,
  'YAML: a byte order mark': `\ufeff${yaml('      env: ["SEEN=yes"]\n')}`,
  'YAML: tabs': yaml('\t\tenv: ["SEEN=yes"]\n'),
  'YAML: CR LF': yaml('      env: ["SEEN=yes"]\n').replaceAll('\n', '\r\n'),
  'YAML: no text': '',
  'YAML: a list': '- a\n',
  'a mount': spec({ mounts: [{ hostPath: 'DIR/f', containerPath: '/m' }] }),
  'a mount with options': spec({
    mounts: [
      { hostPath: 'DIR/f', containerPath: '/m', options: ['ro', 'nosuid', 'nodev', 'rbind', 'rprivate'] },
    ],
  }),
  'a mount with unknown options': spec({
    mounts: [{ hostPath: 'DIR/f', containerPath: '/m', options: ['bind', 'mine'] }],
  }),
  'a mount with a type': spec({
    mounts: [{ hostPath: 'tmpfs', containerPath: '/m', type: 'tmpfs', options: ['nosuid', 'size=65536k'] }],
  }),
  'a mount that is missing': spec({
    mounts: [{ hostPath: 'DIR/missing', containerPath: '/m', options: ['bind'] }],
  }),
  'a mount without a container path': spec({ mounts: [{ hostPath: 'DIR/f' }] }),
  'a mount without a host path': spec({ mounts: [{ containerPath: '/m' }] }),
  'a mount on a relative path': spec({
    mounts: [{ hostPath: 'DIR/f', containerPath: 'm', options: ['bind'] }],
  }),
  'a mount in the place of a request': spec({
    mounts: [{ hostPath: 'DIR/f', containerPath: '/etc/passwd', options: ['bind'] }],
  }),
  'mounts inside each other': spec({
    mounts: [
      { hostPath: 'DIR/d', containerPath: '/m/d', options: ['bind'] },
      { hostPath: 'tmpfs', containerPath: '/m', type: 'tmpfs' },
    ],
  }),
  'a hook': spec({
    hooks: [{ hookName: 'createContainer', path: '/bin/true', args: ['true'], env: ['A=b'], timeout: 5 }],
  }),
  'a hook that fails': spec({ hooks: [{ hookName: 'createRuntime', path: '/bin/false' }] }),
  'a hook of an unknown name': spec({ hooks: [{ hookName: 'later', path: '/bin/true' }] }),
  'a hook without a path': spec({ hooks: [{ hookName: 'createRuntime' }] }),
  'a hook by a relative path': spec({ hooks: [{ hookName: 'createRuntime', path: 'true' }] }),
  'a hook that is missing': spec({ hooks: [{ hookName: 'createRuntime', path: '/no/such/program' }] }),
  'more groups': spec({ additionalGids: [5000, 5001, 0] }),
  'Intel RDT': spec({ ...env, intelRdt: { closID: 'x' } }),
  'net devices': spec(
    { ...env, netDevices: [{ hostInterfaceName: 'nothing0', name: 'x' }] },
    { cdiVersion: '1.1.0' },
  ),
};

const requests: Readonly<Record<string, Row>> = {
  'a device that is missing': { files: { 'a.json': spec(env) }, devices: ['KIND=other'] },
  'a kind that is missing': { files: {}, devices: ['KIND=dev'] },
  'all of a kind': {
    files: { 'a.json': spec(env, { devices: [{ name: 'all', containerEdits: env }] }) },
    devices: ['KIND=all'],
  },
  'a device twice': { files: { 'a.json': spec(env) }, devices: ['KIND=dev', 'KIND=dev'] },
  'a name that is none': { files: {}, devices: ['nonsense'] },
  'an empty name': { files: {}, devices: [''] },
  'by an annotation': { files: { 'a.json': spec(env) }, annotations: { 'cdi.k8s.io/x': 'KIND=dev' } },
  'by an annotation with two devices': {
    files: { 'a.json': spec(env) },
    annotations: { 'cdi.k8s.io/x': 'KIND=dev,KIND=dev' },
  },
  'by an annotation with blanks': {
    files: { 'a.json': spec(env) },
    annotations: { 'cdi.k8s.io/x': ' KIND=dev , KIND=dev ' },
  },
  'by an empty annotation': { files: { 'a.json': spec(env) }, annotations: { 'cdi.k8s.io/x': '' } },
  'by an annotation that is nonsense': {
    files: { 'a.json': spec(env) },
    annotations: { 'cdi.k8s.io/x': 'nonsense' },
  },
  'by both': {
    files: { 'a.json': spec(env) },
    devices: ['KIND=dev'],
    annotations: { 'cdi.k8s.io/x': 'KIND=dev' },
  },
  'of a privileged container': {
    files: { 'a.json': spec(node({})) },
    devices: ['KIND=dev'],
    config: { linux: { securityContext: { privileged: true } } },
  },
  'of a user': {
    files: { 'a.json': spec(node({})) },
    devices: ['KIND=dev'],
    config: { linux: { securityContext: { runAsUser: { value: 1000n } } } },
  },
  'two files with one device': {
    files: { 'a.json': spec(env), 'b.json': spec({ env: ['SEEN=other'] }) },
    devices: ['KIND=dev'],
  },
  'two files with a device each': {
    files: {
      'a.json': spec(env),
      'b.json': spec(
        { env: ['MORE=yes'] },
        { devices: [{ name: 'more', containerEdits: { env: ['MORE=yes'] } }] },
      ),
    },
    devices: ['KIND=dev', 'KIND=more'],
  },
  'a broken file beside it': { files: { 'a.json': spec(env), 'b.json': '{' }, devices: ['KIND=dev'] },
  'a file of another ending': { files: { 'a.conf': spec(env) }, devices: ['KIND=dev'] },
  'a file that ends in yml': { files: { 'a.yml': spec(env) }, devices: ['KIND=dev'] },
  'a hidden file': { files: { '.a.json': spec(env) }, devices: ['KIND=dev'] },
  'JSON in a file that ends in yaml': { files: { 'a.yaml': spec(env) }, devices: ['KIND=dev'] },
  'YAML in a file that ends in json': {
    files: { 'a.json': yaml('      env: ["SEEN=yes"]\n') },
    devices: ['KIND=dev'],
  },
  'a link': { files: { 'LINK.json': spec(env) }, devices: ['KIND=dev'] },
  'a folder below': { files: { 'sub/a.json': spec(env) }, devices: ['KIND=dev'] },
};

async function look({ pid, sh }: Running): Promise<Json> {
  const { env = [], Groups = '' } = await processFacts(pid);
  return {
    env,
    Groups,
    mounts: mountFacts(pid),
    device: await sh(
      'stat -c "%A %u:%g %t,%T" /dev/mine; echo x > /dev/mine; echo $?; cat /dev/mine | wc -c',
    ),
  };
}

function cdiCase(
  name: string,
  { files, devices = [], annotations = {}, config = {} }: Row,
): Case<RuntimeSide> {
  return {
    area,
    name,
    apply: async (side) => {
      const id = digestOf(name).slice(7, 15);
      const dir = join(side.dir, 'cdi-files', id);
      mkdirSync(join(dir, 'd'), { recursive: true });
      writeFileSync(join(dir, 'f'), 'of the host\n');
      const filled = (text: string) =>
        text
          .replaceAll('KIND', `v${id}.test/class`)
          .replaceAll('VENDOR', `v${id}.test`)
          .replaceAll('DIR', dir);
      const written: string[] = [];
      for (const [file, content] of Object.entries(files)) {
        const text = filled(typeof content === 'string' ? content : JSON.stringify(content));
        const path = join(
          side.cdiDir,
          file.includes('/') ? `${id}/${file}` : file.replace(/[aAbL]/, (letter) => `${id}${letter}`),
        );
        mkdirSync(join(path, '..'), { recursive: true });
        if (file.startsWith('LINK')) {
          writeFileSync(join(dir, 'target.json'), text);
          symlinkSync(join(dir, 'target.json'), path);
        } else writeFileSync(path, text);
        written.push(path);
      }
      try {
        return await inContainer(
          side,
          {
            config: {
              ...config,
              command: ['/bin/sleep', '1000'],
              CDIDevices: devices.map((device) => ({ name: filled(device) })),
              annotations: Object.fromEntries(
                Object.entries(annotations).map(([key, value]) => [key, filled(value)]),
              ),
            },
          },
          look,
        );
      } finally {
        for (const path of written) rmSync(path);
      }
    },
  };
}

export const cdi: readonly Case<RuntimeSide>[] = [
  ...Object.entries(specs).map(([name, content]) =>
    cdiCase(name, {
      files: { [name.startsWith('YAML') ? 'a.yaml' : 'a.json']: content },
      devices: ['KIND=dev'],
    }),
  ),
  ...Object.entries(requests).map(([name, row]) => cdiCase(`request: ${name}`, row)),
];
