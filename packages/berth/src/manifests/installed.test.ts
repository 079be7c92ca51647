import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { InstalledManifests } from './installed.ts';
import { parseManifest } from './read.ts';

let dir = '';
before(async () => {
  dir = await mkdtemp(join(tmpdir(), 'berth-installed-'));
});
after(() => rm(dir, { recursive: true }));

const pod = (name: string, image = 'a') => `apiVersion: v1
kind: Pod
metadata: { name: ${name} }
spec:
  containers: [{ name: c, image: ${image} }]
`;

test('only what was put in place is taken away', async () => {
  const manifestDir = join(dir, 'manifests');
  const installed = new InstalledManifests(join(dir, 'state/manifests.json'));
  const place = (text: string) =>
    parseManifest('f.yaml', text, { manifestDir, node: 'node', validate: 'strict' });
  await installed.install([place(pod('a'))]);
  const changed = [place(pod('a', 'other')), place(pod('b'))];
  const [a, b] = changed.map(({ target }) => target);
  assert.deepEqual(await installed.install(changed), new Set([a, b]));
  assert.deepEqual(await installed.install([...changed, place(pod('c'))]), new Set([place(pod('c')).target]));
  await installed.remove(place(pod('c')).target);
  await writeFile(join(manifestDir, 'default-user.yaml'), pod('user'));
  await assert.rejects(
    installed.install([place(pod('user', 'x'))]),
    /default-user\.yaml exists and was not put there/,
  );
  assert.deepEqual(await readdir(manifestDir), ['default-a.yaml', 'default-b.yaml', 'default-user.yaml']);
  assert.match(await readFile(join(manifestDir, 'default-a.yaml'), 'utf8'), /image: other/);
  const removed = await installed.removeAll();
  assert.deepEqual(removed, [join(manifestDir, 'default-a.yaml'), join(manifestDir, 'default-b.yaml')]);
  assert.deepEqual(await readdir(manifestDir), ['default-user.yaml']);
  assert.deepEqual(await installed.removeAll(), []);
});
