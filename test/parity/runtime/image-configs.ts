// Image configurations: what builders and people write into them.
import { digestOf } from '@berth/oci/image-spec/digest.ts';
import type { Case, Json } from '../case.ts';
import { inImage, type Running } from './container.ts';
import { type ImageInput, publish, repositoryOf } from './image.ts';
import type { RuntimeSide } from './node.ts';
import { mountFacts, processFacts } from './process.ts';

export async function lookAtProcess({ pid }: Running): Promise<Json> {
  return { ...(await processFacts(pid)), mounts: mountFacts(pid) };
}

function imageCase(
  name: string,
  input: ImageInput,
  look: (running: Running) => Promise<Json> = lookAtProcess,
): Case<RuntimeSide> {
  const area = 'image configs';
  return {
    area,
    name,
    apply: async (side) => {
      const { reference } = publish(side.registry, repositoryOf(area, name), input);
      return await inImage(side, reference, {}, look);
    },
  };
}

const sleep = ['/bin/sleep', '1000'];

/** The config member. */
const configs: readonly [name: string, config: Json][] = [
  ['nothing odd', {}],
  ['an entrypoint and a command', { Entrypoint: ['/bin/sleep'], Cmd: ['1000'] }],
  ['an entrypoint alone', { Entrypoint: sleep, Cmd: null }],
  ['an empty entrypoint', { Entrypoint: [] }],
  ['neither entrypoint nor command', { Entrypoint: null, Cmd: null }],
  ['an entrypoint that is a text', { Entrypoint: '/bin/sleep 1000' }],
  ['a command that is a text', { Cmd: '/bin/sleep 1000' }],
  ['a program to be found in the path', { Cmd: ['sleep', '1000'] }],
  ['a relative program', { Cmd: ['./sleep', '1000'], WorkingDir: '/bin' }],
  [
    'arguments with every character',
    { Cmd: ['/bin/sh', '-c', 'sleep 1000', 'a\nb', '$HOME', '', 'ü', '\u0001'] },
  ],
  ['a missing program', { Cmd: ['/bin/no-such-program'] }],
  ['an environment of null', { Env: null }],
  ['an environment that is a text', { Env: 'A=b' }],
  ['an environment that is an object', { Env: { A: 'b' } }],
  ['a variable without an equals sign', { Env: ['PATH=/bin', 'ALONE'] }],
  ['a variable without a name', { Env: ['PATH=/bin', '=value'] }],
  ['an empty variable', { Env: ['PATH=/bin', ''] }],
  ['a variable twice', { Env: ['PATH=/bin', 'A=1', 'A=2'] }],
  [
    'variables with every character',
    { Env: ['PATH=/bin', 'a.b-c=1', 'A B=2', 'Ü=ü', 'M=a\nb', 'E=x=y', 'D=$PATH $(HOME)'] },
  ],
  ['HOME and HOSTNAME of the image', { Env: ['PATH=/bin', 'HOME=/mine', 'HOSTNAME=mine'] }],
  ['a variable with NUL', { Env: ['PATH=/bin', 'A=a\0b'] }],
  ['a working directory that is missing', { WorkingDir: '/x/y/z' }],
  ['a working directory that is relative', { WorkingDir: 'x/y' }],
  ['a working directory with dots', { WorkingDir: '/x/../y/./z/' }],
  ['a working directory that is a file', { WorkingDir: '/etc/passwd' }],
  ['a working directory below a file', { WorkingDir: '/etc/passwd/x' }],
  ['a working directory above the root', { WorkingDir: '/../../x' }],
  ['a working directory of a Windows image', { WorkingDir: 'C:\\app' }],
  ['a working directory with blanks', { WorkingDir: '/a b/ü' }],
  ['volumes', { Volumes: { '/data': {}, '/a b': {}, '/x/y': null } }],
  ['a volume that is relative', { Volumes: { data: {} } }],
  ['a volume with a dot', { Volumes: { '/data/./x': {} } }],
  ['a volume with two dots', { Volumes: { '/data/../y': {} } }],
  ['a volume with slashes', { Volumes: { '//data//z/': {} } }],
  ['a volume twice', { Volumes: { '/data': {}, '/data/': {} } }],
  ['volumes inside each other', { Volumes: { '/data/x': {}, '/data': {} } }],
  ['the root as a volume', { Volumes: { '/': {} } }],
  ['a volume without a name', { Volumes: { '': {} } }],
  ['a volume that is a file', { Volumes: { '/etc/passwd': {} } }],
  ['a volume on a link', { Volumes: { '/bin/sh': {} } }],
  ['a volume in proc', { Volumes: { '/proc/sys': {} } }],
  ['a volume in dev', { Volumes: { '/dev/x': {} } }],
  ['volumes that are a list', { Volumes: ['/data'] }],
  ['volumes of null', { Volumes: null }],
  [
    'ports of every kind',
    { ExposedPorts: { '80': {}, '80/tcp': {}, '53/udp': null, '1-5/tcp': {}, 'x/y': {}, '99999/tcp': {} } },
  ],
  ['ports that are a list', { ExposedPorts: ['80/tcp'] }],
  ['labels of null', { Labels: null }],
  ['labels that are no texts', { Labels: { a: 1, b: true } }],
  ['labels that are a list', { Labels: ['a=b'] }],
  ['labels of 100 kB', { Labels: { a: 'x'.repeat(100_000) } }],
  ['labels with odd names', { Labels: { '': 'x', 'a b': 'y', ü: 'z', 'a.b/c': '' } }],
  [
    'a health check and triggers',
    {
      Healthcheck: { Test: ['CMD', 'x'], Interval: 30000000000 },
      OnBuild: ['RUN x'],
      Shell: ['/bin/sh', '-c'],
    },
  ],
  ['escaped arguments', { ArgsEscaped: true }],
  [
    "Docker's container members",
    {
      Hostname: 'abc',
      Domainname: '',
      AttachStdin: false,
      Tty: false,
      OpenStdin: false,
      StdinOnce: false,
      Image: 'sha256:x',
      MacAddress: '',
    },
  ],
  ['a terminal wanted by the image', { Tty: true, OpenStdin: true }],
  [
    'members of another case',
    { cmd: ['/bin/sleep', '999'], env: ['PATH=/bin', 'LOWER=1'], WORKINGDIR: '/tmp' },
  ],
  ['members that are unknown', { Memory: 5, NoSuch: { a: [1] } }],
  ['a list', []],
  ['null', null],
  ['a text', 'config'],
];

/** The whole document. */
const documents: readonly [name: string, configuration: NonNullable<ImageInput['configuration']>][] = [
  ['no config member', ({ config: _, ...rest }) => rest],
  ['no type of the root', (plain) => ({ ...plain, rootfs: { diff_ids: layersOf(plain) } })],
  [
    'another type of the root',
    (plain) => ({ ...plain, rootfs: { type: 'other', diff_ids: layersOf(plain) } }),
  ],
  ['no root', ({ rootfs: _, ...rest }) => rest],
  ['a layer less in the root', (plain) => ({ ...plain, rootfs: { type: 'layers', diff_ids: [] } })],
  [
    'a layer more in the root',
    (plain) => ({ ...plain, rootfs: { type: 'layers', diff_ids: [...layersOf(plain), digestOf('x')] } }),
  ],
  [
    'a wrong layer in the root',
    (plain) => ({ ...plain, rootfs: { type: 'layers', diff_ids: [digestOf('x')] } }),
  ],
  [
    'a layer of the root that is no digest',
    (plain) => ({ ...plain, rootfs: { type: 'layers', diff_ids: ['nonsense'] } }),
  ],
  [
    'history',
    (plain) => ({
      ...plain,
      history: [{ created: '2020-01-01T00:00:00Z', created_by: 'x', empty_layer: true }, { comment: 'y' }],
    }),
  ],
  ['more history than layers', (plain) => ({ ...plain, history: [{}, {}, {}] })],
  ['history that is no list', (plain) => ({ ...plain, history: 'x' })],
  ['a date that is none', (plain) => ({ ...plain, created: 'yesterday' })],
  ['a date without a zone', (plain) => ({ ...plain, created: '2020-01-01T00:00:00' })],
  ['a date with a zone', (plain) => ({ ...plain, created: '2020-01-01T00:00:00.123456789+05:30' })],
  ['a date of null', (plain) => ({ ...plain, created: null })],
  ['an empty date', (plain) => ({ ...plain, created: '' })],
  ['a date before the year 1', (plain) => ({ ...plain, created: '0001-01-01T00:00:00Z' })],
  ['a date that is a number', (plain) => ({ ...plain, created: 1577836800 })],
  ['an author that is a number', (plain) => ({ ...plain, author: 5 })],
  ['no architecture', ({ architecture: _, ...rest }) => rest],
  ['no operating system', ({ os: _, ...rest }) => rest],
  ['neither', ({ os: _, architecture: __, ...rest }) => rest],
  ['a name of Linux in capitals', (plain) => ({ ...plain, os: 'Linux' })],
  ['the name x86_64', (plain) => ({ ...plain, architecture: 'x86_64' })],
  ['another architecture', (plain) => ({ ...plain, architecture: 's390x' })],
  ['another operating system', (plain) => ({ ...plain, os: 'windows', 'os.version': '10.0.17763.1' })],
  ['an operating system that does not exist', (plain) => ({ ...plain, os: 'plan10' })],
  [
    'features and versions',
    (plain) => ({ ...plain, 'os.version': '5', 'os.features': ['x'], variant: 'v1' }),
  ],
  ['a variant that is a number', (plain) => ({ ...plain, variant: 8 })],
  [
    "Docker's members",
    (plain) => ({
      ...plain,
      container: 'abc',
      docker_version: '20.10',
      container_config: { Cmd: null },
      id: 'x',
      parent: 'y',
      throwaway: true,
    }),
  ],
  ['members that are unknown', (plain) => ({ ...plain, 'x-mine': { a: 1 }, moby: {} })],
  ['members of another case', ({ config, ...rest }) => ({ ...rest, Config: config, OS: 'linux' })],
  ['a member twice', (plain) => text(plain).replace(/^\{/, '{"config":{"Cmd":["/bin/sleep","5"]},')],
  ['a byte order mark', (plain) => `\ufeff${text(plain)}`],
  ['blanks around it', (plain) => ` \n\t${text(plain)}\r\n\n`],
  ['text after it', (plain) => `${text(plain)} text`],
  ['a second document after it', (plain) => `${text(plain)}{}`],
  ['a comma too many', (plain) => text(plain).replace(/\}$/, ',}')],
  ['a comment', (plain) => `/* comment */${text(plain)}`],
  [
    'bytes that are not UTF-8',
    (plain) => Buffer.from(text({ ...plain, author: '@' }).replace('@', '\xff'), 'latin1'),
  ],
  ['half a surrogate', (plain) => text({ ...plain, author: '@' }).replace('@', '\\ud800')],
  ['NUL in a text', (plain) => ({ ...plain, author: 'a\0b' })],
  [
    'a large number',
    (plain) => text({ ...plain, size: 0 }).replace('"size":0', '"size":123456789012345678901234567890'),
  ],
  ['100 levels', (plain) => ({ ...plain, deep: nested(100) })],
  [
    '6,000 levels',
    (plain) =>
      text({ ...plain, deep: 0 }).replace('"deep":0', `"deep":${'['.repeat(6000)}${']'.repeat(6000)}`),
  ],
  ['1 MB', (plain) => ({ ...plain, author: 'x'.repeat(1_000_000) })],
  ['5 MB', (plain) => ({ ...plain, author: 'x'.repeat(5_000_000) })],
  ['an empty document', () => ''],
  ['an empty object', () => ({})],
  ['null', () => 'null'],
  ['a list', () => []],
];

function layersOf({ rootfs }: { [key: string]: Json | undefined }): Json[] {
  return (rootfs as { diff_ids: Json[] }).diff_ids;
}

function text(value: Json): string {
  return JSON.stringify(value);
}

function nested(levels: number): Json {
  return levels === 0 ? 1 : [nested(levels - 1)];
}

/** The media type of the document's descriptor. */
const mediaTypes: readonly [name: string, mediaType: string | undefined][] = [
  ["Docker's media type", 'application/vnd.docker.container.image.v1+json'],
  ['an unknown media type', 'application/vnd.example.config+json'],
  ['the media type of an empty document', 'application/vnd.oci.empty.v1+json'],
  ['an empty media type', ''],
  ['no media type', undefined],
  ['plain text for a media type', 'text/plain'],
];

/** Signals that print their name: how the image wants to be stopped. */
const trapping = {
  Cmd: [
    '/bin/sh',
    '-c',
    'for s in INT QUIT TERM USR1 HUP WINCH; do trap "exit $(kill -l $s)" $s; done; trap "exit 77" 37; while :; do sleep 0.05; done',
  ],
};
const signals = [
  'SIGINT',
  'INT',
  'sigquit',
  '10',
  'SIGRTMIN+3',
  'RTMIN+3',
  '37',
  'SIGWINCH',
  '',
  '0',
  '-1',
  '99',
  'SIGNOSUCH',
  '15 ',
];

async function lookAtStop({ sh, stopped }: Running): Promise<Json> {
  // The traps are set once its loop runs.
  await sh('while ! grep -q "[s]leep" /proc/[0-9]*/comm; do :; done');
  const status = await stopped();
  return status === undefined ? 'cannot be stopped' : { exitCode: status.exitCode, reason: status.reason };
}

export const imageConfigs: readonly Case<RuntimeSide>[] = [
  ...configs.map(([name, config]) => imageCase(name, { config })),
  ...documents.map(([name, configuration]) => imageCase(`document: ${name}`, { configuration })),
  ...mediaTypes.map(([name, mediaType]) =>
    imageCase(`document: ${name}`, {
      manifest: (plain) => ({ ...plain, config: { ...plain.config, mediaType } }),
    }),
  ),
  ...signals.map((StopSignal) =>
    imageCase(
      `stop signal ${JSON.stringify(StopSignal)}`,
      { config: { ...trapping, StopSignal } },
      lookAtStop,
    ),
  ),
];
