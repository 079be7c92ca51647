import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { InstalledManifests } from './installed.ts';
import { duplicates, parseManifest, readManifests } from './read.ts';

let dir = '';
before(async () => {
  dir = await mkdtemp(join(tmpdir(), 'berth-manifests-'));
});
after(() => rm(dir, { recursive: true }));

const pod = (name: string, image = 'a') => `apiVersion: v1
kind: Pod
metadata: { name: ${name} }
spec:
  containers: [{ name: c, image: ${image} }]
`;
const parse = (text: string, source = 'f.yaml') => parseManifest(source, text, '/m', 'node');

test('a manifest is placed by the name of its first pod', () => {
  const { target, pods } = parse(`${pod('one')}---\n${pod('two')}`);
  assert.equal(target, '/m/default-one.yaml');
  assert.deepEqual(
    pods.map(({ metadata }) => metadata.name),
    ['one-node', 'two-node'],
  );
  assert.equal(
    parse(pod('one')).pods[0]?.metadata.uid,
    parse(pod('one'), 'elsewhere.yaml').pods[0]?.metadata.uid,
  );
});

for (const [what, text, message] of [
  ['nothing in it', '', /^f\.yaml: there is no pod in this file$/],
  [
    'a wrong field',
    pod('a').replace('image', 'imagee'),
    /^f\.yaml: pod default\/a-node: .*spec\.containers\[0\]\.imagee/,
  ],
  ['no image', pod('a', '""'), /^f\.yaml: pod default\/a-node: spec\.containers\[0\]\.image: Required value/],
] as const) {
  test(`refused: ${what}`, () => assert.throws(() => parse(text), { name: 'UserError', message }));
}

test('one pod in two files', () => {
  assert.deepEqual(duplicates([parse(pod('a'), '1'), parse(pod('b'), '2'), parse(pod('a'), '3')]), [
    '3: pod default/a is already defined by 1',
  ]);
});

test('files and directories are read, and every fault is told at once', async () => {
  const from = join(dir, 'from');
  await mkdir(from);
  await writeFile(join(from, 'a.yaml'), pod('a'));
  await writeFile(join(from, 'b.json'), JSON.stringify({ kind: 'Pod' }));
  await writeFile(join(from, 'c.yml'), '{');
  await writeFile(join(from, 'README.md'), 'x');
  await assert.rejects(readManifests([from], '/m'), { message: /b\.json: .*\n.*c\.yml: / });
  await assert.rejects(readManifests([join(from, 'absent')], '/m'), /absent: no such file/);
  await assert.rejects(readManifests([dir], '/m'), /no \.yaml, \.yml or \.json file in this directory/);
  assert.equal((await readManifests([join(from, 'a.yaml')], '/m')).length, 1);
});

test('only what was put in place is taken away', async () => {
  const manifestDir = join(dir, 'manifests');
  const installed = new InstalledManifests(join(dir, 'state/manifests.json'));
  const place = (text: string) => parseManifest('f.yaml', text, manifestDir, 'node');
  await installed.install([place(pod('a'))]);
  await installed.install([place(pod('a', 'other')), place(pod('b'))]);
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
