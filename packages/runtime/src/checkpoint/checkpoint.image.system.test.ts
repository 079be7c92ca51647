// A checkpoint that is an image: what is made of it before its start, which alone needs a criu that works.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  existsSync,
  lstatSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { writeOciLayout } from '@berth/oci/archive/layout-writer.ts';
import type { TarEntry } from '@berth/oci/tar/entry.ts';
import { encodeTar, endOfTar } from '@berth/oci/tar/writer.ts';
import { importArchive } from '@berth/test-support/images.ts';
import { defaultAppArmorProfile } from '../apparmor/default-profile.ts';
import { readAppArmor } from '../apparmor/detect.ts';
import { defaultConfig } from '../config/config.ts';
import { findProgram } from '../host/programs.ts';
import { type TestDump, testDump } from '../testing/criu-images.ts';
import { failsWith, PodCalls } from '../testing/pod-calls.ts';
import { TestNode } from '../testing/test-node.ts';

let node: TestNode;
let pods: PodCalls;
let base: string;
before(async () => {
  node = await TestNode.start('rt-ckpt-image', undefined, 'checkpoint: { restore: true }\n');
  pods = new PodCalls(node);
  const { image } = node.containerConfig([]);
  const status = await node.client.image.imageStatus({ image, verbose: false });
  base = status.image?.id ?? '';
});
after(() => node[Symbol.asyncDispose]());

const skip = hasCriu() ? false : 'criu is not installed';
const image = (name: string) => `localhost/checkpoint/${name}:1`;
const file = (path: string, content: string | Buffer): TarEntry => ({ type: 'file', path, content });
const diff = Buffer.concat([...encodeTar([file('added', 'new')]), endOfTar()]);

/** criu notes the profile of an honest container. */
const confinement = readAppArmor().enabled ? { 15: defaultAppArmorProfile } : {};
const criuFiles = (dump: TestDump = {}) =>
  [...testDump({ ...dump, creds: { ...confinement, ...dump.creds } })].map(([name, content]) =>
    file(`checkpoint/${name}`, content),
  );

/** The files of a checkpoint, some in another form. */
function checkpointFiles(change: TarEntry[] = []): TarEntry[] {
  const entries = [
    file('config.dump', JSON.stringify({ rootfsImageRef: base, rootfsImageName: 'busybox' })),
    file('spec.dump', JSON.stringify({ mounts: [], process: {} })),
    file('rootfs-diff.tar', diff),
    { type: 'directory' as const, path: 'checkpoint' },
    ...criuFiles(),
    file('checkpoint/pages-1.img', 'pages'),
  ];
  return [...entries.filter(({ path }) => !change.some((other) => other.path === path)), ...change];
}

/** Brings an image to the store whose one layer is a checkpoint. */
async function load(name: string, annotations: Record<string, string>, change: TarEntry[] = []) {
  const dir = mkdtempSync('/tmp/berth-checkpoint-image-');
  const layers = [checkpointFiles(change)];
  try {
    await writeOciLayout({ dir, name: image(name), layers, config: {}, annotations });
    await importArchive(node.config.listen, dir);
  } finally {
    rmSync(dir, { recursive: true });
  }
}

const make = (sandbox: string, name: string) =>
  pods.makeContainer(sandbox, [], { image: { image: image(name) }, metadata: { name, attempt: 0 } });

test('a container is made of an image that says it is a checkpoint, as of an archive', { skip }, async () => {
  const sandbox = await pods.runPod('images', {}, 'runc');
  for (const [name, annotation] of [
    ['crio', 'io.kubernetes.cri-o.annotations.checkpoint.name'],
    ['criu', 'org.criu.checkpoint.container.name'],
  ] as const) {
    await load(name, { [annotation]: 'counter' });
    await assertRestorable(await make(sandbox, name));
  }
  const archive = join(node.dir, 'archive.tar');
  writeFileSync(archive, Buffer.concat([...encodeTar(checkpointFiles()), endOfTar()]));
  const change = { image: { image: archive }, metadata: { name: 'archive', attempt: 0 } };
  await assertRestorable(await pods.makeContainer(sandbox, [], change));
  await pods.removePod(sandbox);
});

async function assertRestorable(id: string): Promise<void> {
  const { state, imageId } = await pods.statusOf(id);
  assert.deepEqual([state, imageId], [0, base]);
  const layer = join(node.config.root, 'containers', id);
  assert.equal(readFileSync(join(layer, 'upper/added'), 'utf8'), 'new');
  assert.equal(readFileSync(join(layer, 'restore/checkpoint/pages-1.img'), 'utf8'), 'pages');
  assert.ok(!existsSync(join(layer, 'restore/rootfs-diff.tar')));
}

test('links in such an image lead nowhere', { skip }, async () => {
  await load('links', { 'org.criu.checkpoint.container.name': 'x' }, [
    { type: 'symlink', path: 'deleted.files', target: '/etc/passwd' },
    { type: 'symlink', path: 'rootfs-diff.tar', target: '/etc/passwd' },
    { type: 'symlink', path: 'checkpoint/pages-1.img', target: '/etc/passwd' },
    file('evil', 'x'),
  ]);
  const sandbox = await pods.runPod('links', {}, 'runc');
  const id = await make(sandbox, 'links');
  const restore = join(node.config.root, 'containers', id, 'restore');
  assert.deepEqual(readdirSync(restore).sort(), ['checkpoint', 'config.dump', 'spec.dump']);
  assert.deepEqual(readdirSync(join(restore, 'checkpoint')).sort(), [...testDump().keys()].sort());
  assert.ok(lstatSync(restore).isDirectory());
  await pods.removePod(sandbox);
});

test('what only looks like a checkpoint is an image, and what only says so has an error', {
  skip,
}, async () => {
  const sandbox = await pods.runPod('others', {}, 'runc');
  await load('unsaid', {});
  await assert.rejects(make(sandbox, 'unsaid'), failsWith('INVALID_ARGUMENT', /no command specified/));
  const annotations = { 'org.criu.checkpoint.container.name': 'x' };
  await load('empty', annotations, [file('spec.dump', '')]);
  await assert.rejects(
    make(sandbox, 'empty'),
    failsWith(
      'INVALID_ARGUMENT',
      /config\.image\.image: image localhost\/checkpoint\/empty:1 is not a checkpoint: it has no spec\.dump/,
    ),
  );
  const config = JSON.stringify({ rootfsImageName: 'localhost/no/such:1' });
  await load('foreign', annotations, [file('config.dump', config)]);
  await assert.rejects(
    make(sandbox, 'foreign'),
    failsWith('NOT_FOUND', /image localhost\/no\/such:1 is not here; pull it first/),
  );
  await pods.removePod(sandbox);
});

test('a checkpoint image or archive cannot choose its user, capabilities or seccomp', { skip }, async () => {
  const sandbox = await pods.runPod('excess', {}, 'runc');
  const sysAdmin = 2 ** 21;
  const user = { runAsUser: { value: 1000n } };
  const seccomp = { seccomp: { profileType: 0, localhostRef: '' } };
  for (const [name, dump, securityContext, message] of [
    [
      'caps',
      { creds: { 11: [sysAdmin], 12: [sysAdmin] } },
      {},
      /exceeds .* CAP_SYS_ADMIN in its bounding set/,
    ],
    [
      'root',
      {},
      user,
      /exceeds what the container asks for: process 1 has user 0, and the container's is 1000/,
    ],
    ['seccomp', {}, seccomp, /exceeds .* has no seccomp filter/],
    [
      'filter',
      { thread: { 11: 2, 12: 0 }, filters: [{ 1: 'allows all' }] },
      seccomp,
      /exceeds .* no seccomp filter that this node has seen/,
    ],
    ['privileges', {}, { noNewPrivs: true }, /exceeds .* may gain new privileges/],
    ['hostpid', { ids: { 5: 1 } }, {}, /exceeds .* is in the host's pid namespace/],
  ] as const) {
    const change = { linux: { securityContext }, metadata: { name, attempt: 0 } };
    await load(name, { 'org.criu.checkpoint.container.name': 'x' }, criuFiles(dump));
    const archive = join(node.dir, `${name}.tar`);
    writeFileSync(archive, Buffer.concat([...encodeTar(checkpointFiles(criuFiles(dump))), endOfTar()]));
    for (const source of [image(name), archive]) {
      await assert.rejects(
        pods.makeContainer(sandbox, [], { ...change, image: { image: source } }),
        failsWith('INVALID_ARGUMENT', message),
      );
    }
  }
  const { containers } = await node.client.runtime.listContainers({});
  assert.deepEqual(containers, [], 'nothing is left of them');
  await pods.removePod(sandbox);
});

test('a hostile archive is refused whatever is in it', { skip, timeout: 600_000 }, async () => {
  const sandbox = await pods.runPod('hostile', {}, 'runc');
  const make = (archive: string) => pods.makeContainer(sandbox, [], { image: { image: archive } });
  const secret = join(node.dir, 'secret');
  writeFileSync(secret, 'secret');
  for (const [name, change, message] of [
    [
      'link',
      { type: 'symlink', path: 'checkpoint/pages-1.img', target: secret },
      /pages-1\.img" is a symlink/,
    ],
    ['folder-link', { type: 'symlink', path: 'checkpoint', target: node.dir }, /"checkpoint" is a symlink/],
    ['hard-link', { type: 'hardlink', path: 'checkpoint/pages-2.img', target: secret }, /is a hardlink/],
    ['fifo', { type: 'fifo', path: 'checkpoint/pages-2.img' }, /is a fifo/],
    [
      'device',
      { type: 'block-device', path: 'checkpoint/mm-1.img', major: 8, minor: 0 },
      /is a block-device/,
    ],
    ['apparmor', file('checkpoint/apparmor.img', 'x'), /apparmor\.img is not of a container's checkpoint/],
    [
      'firewall',
      file('checkpoint/nftables-9.img', 'x'),
      /nftables-9\.img is not of a container's checkpoint/,
    ],
    ['twice', file('./spec.dump', '{}'), /has spec\.dump twice/],
  ] as const) {
    const archive = join(node.dir, `hostile-${name}.tar`);
    const others = checkpointFiles().filter(({ path }) => path !== change.path);
    writeFileSync(archive, Buffer.concat([...encodeTar([...others, change]), endOfTar()]));
    await assert.rejects(make(archive), failsWith('INVALID_ARGUMENT', message), name);
  }
  const outside = join(node.dir, 'outside.tar');
  const climbing = ['../../escaped', 'checkpoint/../../escaped', '/tmp/escaped', 'checkpoint/../config.dump'];
  writeFileSync(
    outside,
    Buffer.concat([
      ...encodeTar([...checkpointFiles(), ...climbing.map((path) => file(path, 'x'))]),
      endOfTar(),
    ]),
  );
  await make(outside);
  assert.ok(!existsSync(join(node.config.root, 'containers/escaped')) && !existsSync('/tmp/escaped'));
  const fifo = join(node.dir, 'fifo.tar');
  execFileSync('mkfifo', [fifo]);
  await assert.rejects(make(fifo), failsWith('INVALID_ARGUMENT', /not a regular file/));
  await assert.rejects(make('/dev/zero'), failsWith('INVALID_ARGUMENT', /not a regular file/));
  await pods.removePod(sandbox);
});

test('restoring is off unless the configuration turns it on', async () => {
  await load('refused', { 'org.criu.checkpoint.container.name': 'x' });
  const archive = join(node.dir, 'refused.tar');
  writeFileSync(archive, Buffer.concat([...encodeTar(checkpointFiles()), endOfTar()]));
  await node.close();
  await node.open({ ...node.config, checkpoint: defaultConfig.checkpoint });
  const sandbox = await pods.runPod('off', {}, 'runc');
  for (const source of [image('refused'), archive]) {
    await assert.rejects(
      pods.makeContainer(sandbox, [], { image: { image: source } }),
      failsWith(
        'FAILED_PRECONDITION',
        /is a checkpoint, and restoring is off: .* set checkpoint\.restore to true/,
      ),
    );
  }
  await assert.rejects(
    node.client.runtime.restorePod({
      checkpointPath: node.dir,
      config: node.sandboxConfig('none'),
      runtimeHandler: 'runc',
      options: {},
      containerConfigs: [],
    }),
    failsWith('FAILED_PRECONDITION', /restoring is off/),
  );
  await pods.removePod(sandbox);
  await node.close();
  await node.open();
});

function hasCriu(): boolean {
  try {
    findProgram('criu', 'criu');
    return true;
  } catch {
    return false;
  }
}
