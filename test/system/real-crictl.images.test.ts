// The real crictl v1.36.0 handles images on berthd: pull with credentials, images, inspecti, imagefsinfo, rmi.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { JsonCursor } from '@berth/common/json/cursor.ts';
import { startRegistry, type TestRegistry, testUser } from '@berth/test-support/image-registry.ts';
import { writeTestImage } from '@berth/test-support/images.ts';
import { testImage } from '@berth/test-support/pods.ts';
import { type RealCrictl, startRealCrictl } from '@berth/test-support/real-crictl.ts';

let crictl: RealCrictl;
let registry: TestRegistry;
let image: string;
let digest: string;
before(async () => {
  crictl = await startRealCrictl({ name: 'rcimages' });
  registry = await startRegistry({ requireLogin: true });
  const layout = join(crictl.node.dir, 'layout');
  await writeTestImage(layout, 'private', {
    Cmd: ['/bin/sh', '-c', 'echo pulled'],
    Env: ['PATH=/bin'],
    User: '1000',
  });
  ({ digest } = await registry.push(layout, 'private', 'team/app', '1'));
  image = `${registry.address}/team/app`;
});
after(async () => {
  await registry.stop();
  await crictl[Symbol.asyncDispose]();
});

const credentials = `${testUser.username}:${testUser.password}`;
const read = async (command: string, ...args: string[]) =>
  new JsonCursor(await crictl.json(command, ...args), `${command} ${args.join(' ')}`);

test('pull without the credentials that the registry wants fails and says so', async () => {
  const { code, err } = await crictl.run('pull', `${image}:1`);
  assert.notEqual(code, 0);
  assert.match(err, /401|[Uu]nauthori[sz]ed|authentication|credentials/);
});

test('pull with --creds and with --auth, images, inspecti, rmi', async () => {
  const pulled = await crictl.ok('pull', '--creds', credentials, `${image}:1`);
  assert.match(pulled, /^Image is up to date for (sha256:[0-9a-f]{64})$/);
  const id = pulled.split(' ').at(-1) ?? '';
  const byDigest = await crictl.ok('pull', '--auth', btoa(credentials), `${image}@${digest}`);
  assert.equal(byDigest, pulled);

  const table = (await crictl.ok('images')).split('\n');
  assert.match(table[0] ?? '', /^IMAGE\s+TAG\s+IMAGE ID\s+SIZE$/);
  const row = table.find((line) => line.startsWith(image)) ?? '';
  const [, tag, shownId = ''] = row.split(/\s+/);
  assert.equal(tag, '1');
  assert.ok(id.replace('sha256:', '').startsWith(shownId), row);
  assert.equal(await crictl.ok('images', '-q', `${image}:1`), id);
  const all = (await read('images')).field('images').array();
  const names = all.flatMap((each) => each.field('repoTags').strings());
  assert.ok(names.includes(`${image}:1`) && names.includes(testImage), names.join(' '));

  for (const name of [`${image}:1`, `${image}@${digest}`, id]) {
    const status = (await read('inspecti', name)).field('status');
    assert.equal(status.field('id').string(), id);
    assert.deepEqual(status.field('repoDigests').strings(), [`${image}@${digest}`]);
    assert.equal(status.field('uid').field('value').string(), '1000');
  }

  const pod = await crictl.ok('runp', crictl.podFile('app'));
  const config = crictl.containerFile('app', [], { image: { image: `${image}:1` } });
  const container = await crictl.ok('create', '--no-pull', pod, config, crictl.podFile('app'));
  await crictl.ok('start', container);
  await crictl.node.client.runtime.stopContainer({ containerId: container, timeout: 5n });
  assert.equal(await crictl.ok('logs', container), 'pulled');
  await crictl.ok('rmp', '-f', pod);

  assert.match(await crictl.ok('rmi', `${image}:1`), new RegExp(`Deleted: ${image}:1`));
  assert.equal(await crictl.ok('images', '-q', `${image}:1`), '');
  assert.notEqual((await crictl.run('inspecti', id)).code, 0);
  assert.notEqual((await crictl.run('rmi', 'localhost/not/there:1')).code, 0);
});

test('create --with-pull pulls with credentials', async () => {
  const podConfig = crictl.podFile('pulls');
  const pod = await crictl.ok('runp', podConfig);
  const config = crictl.containerFile('pulls', ['sleep', '60'], { image: { image: `${image}:1` } });
  const container = await crictl.ok('create', '--with-pull', '--creds', credentials, pod, config, podConfig);
  assert.match(container, /^[0-9a-f]{64}$/);
  await crictl.ok('rmp', '-f', pod);
  await crictl.ok('rmi', '--prune');
  assert.equal(await crictl.ok('images', '-q', `${image}:1`), '');
});

test('imagefsinfo tells where images are and what they use', async () => {
  const [images] = (await read('imagefsinfo')).field('status').field('imageFilesystems').array();
  assert.ok(images?.field('fsId').field('mountpoint').string().startsWith(crictl.node.paths.root));
  assert.ok(Number(images?.field('usedBytes').field('value').string()) > 0);
  assert.ok(Number(images?.field('inodesUsed').field('value').string()) > 0);
});
