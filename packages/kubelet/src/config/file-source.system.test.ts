// The manifest directory as people use it: real files, real inotify.

import assert from 'node:assert/strict';
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { until } from '@berth/test-support/until.ts';
import { podKey } from '../api/pod.ts';
import { redirectLog } from '../klog/klog.ts';
import { FileSource } from './file-source.ts';
import type { PodUpdate } from './pod-source.ts';

let root: string;
let folder: string;
let source: FileSource;
let updates: PodUpdate[];
let restoreLog: () => void;

beforeEach(() => {
  root = mkdtempSync('/tmp/kubelet-manifests-');
  folder = join(root, 'manifests');
  mkdirSync(folder);
  updates = [];
  restoreLog = redirectLog(() => {});
});

afterEach(async () => {
  await source.stop();
  rmSync(root, { recursive: true, force: true });
  restoreLog();
});

function start(path = folder): void {
  source = new FileSource({
    path,
    nodeName: 'n',
    checkFrequencyMs: 60_000,
    stateDir: join(root, 'state'),
  });
  source.start((update) => updates.push(update));
}

function manifest(name: string, image = 'a:1'): string {
  return `apiVersion: v1\nkind: Pod\nmetadata: {name: ${name}}\nspec:\n  containers:\n  - name: c\n    image: ${image}\n`;
}

/** Waits until the newest update is as wanted. */
async function untilUpdate(wanted: (update: PodUpdate) => boolean): Promise<PodUpdate> {
  return await until(
    'there is such an update',
    () => {
      const newest = updates.at(-1);
      return newest && wanted(newest) ? newest : undefined;
    },
    () => updates.at(-1),
  );
}

/** How many manifests are kept for the next kubelet. */
function copies(): number {
  const state = join(root, 'state');
  return existsSync(state) ? readdirSync(state).filter((name) => !name.endsWith('.new')).length : 0;
}

const keys = (update: PodUpdate): string => update.pods.map(podKey).join(' ');

test('files that are there, come, change, move and go', async () => {
  writeFileSync(join(folder, 'a.yaml'), manifest('a'));
  writeFileSync(join(folder, '.hidden.yaml'), manifest('hidden'));
  mkdirSync(join(folder, 'folder'));
  start();
  const first = await untilUpdate((update) => keys(update) === 'default/a-n');
  assert.match(first.rejected[0]?.message ?? '', /directory/);

  writeFileSync(join(folder, 'b.yaml'), manifest('b'));
  await untilUpdate((update) => keys(update) === 'default/a-n default/b-n');

  writeFileSync(join(folder, '.new'), manifest('b', 'a:2'));
  renameSync(join(folder, '.new'), join(folder, 'b.yaml'));
  await untilUpdate((update) => update.pods[1]?.spec.containers[0]?.image === 'a:2');

  renameSync(join(folder, 'b.yaml'), join(folder, '.gone'));
  await untilUpdate((update) => keys(update) === 'default/a-n');
  rmSync(join(folder, 'a.yaml'));
  await untilUpdate((update) => keys(update) === '');
});

test('a file that is half written or broken keeps its pod, and says so', async () => {
  const file = join(folder, 'a.yaml');
  writeFileSync(file, manifest('a'));
  start();
  const before = await untilUpdate((update) => keys(update) === 'default/a-n');
  writeFileSync(file, '');
  await untilUpdate((update) => update.rejected.length === 1);
  writeFileSync(file, 'apiVersion: v1\nkind: [');
  const broken = await untilUpdate((update) => /not valid YAML/.test(update.rejected[0]?.message ?? ''));
  assert.equal(broken.pods[0], before.pods[0]);
  assert.equal(broken.rejected[0]?.lastGoodRuns, true);
  writeFileSync(file, manifest('a').slice(0, 40));
  appendFileSync(file, manifest('a').slice(40));
  const after = await untilUpdate((update) => update.rejected.length === 0);
  assert.equal(after.pods[0], before.pods[0]);
  assert.ok(updates.every((update) => keys(update) === 'default/a-n'));
});

test('a file that breaks while no kubelet runs keeps its pod, one that goes does not', async () => {
  for (const name of ['a', 'b', 'c']) writeFileSync(join(folder, `${name}.yaml`), manifest(name));
  start();
  const before = await untilUpdate((update) => update.pods.length === 3);
  await untilUpdate(() => copies() === 3);
  await source.stop();
  updates = [];
  writeFileSync(join(folder, 'a.yaml'), 'kind: [');
  writeFileSync(join(folder, 'b.yaml'), manifest('b', '""'));
  rmSync(join(folder, 'c.yaml'));
  start();
  const after = await untilUpdate((update) => update.rejected.length === 2);
  assert.equal(keys(after), 'default/a-n default/b-n');
  assert.equal(after.pods[0]?.metadata.uid, before.pods[0]?.metadata.uid);
  await untilUpdate(() => copies() === 2);
});

test('a pod that keeps its UID is sent again when its manifest changes', async () => {
  const file = join(folder, 'a.yaml');
  const ofOneUid = (image: string): string => manifest('a', image).replace('name: a}', 'name: a, uid: mine}');
  writeFileSync(file, ofOneUid('a:1'));
  start();
  const before = await untilUpdate((update) => update.pods.length === 1);
  writeFileSync(file, ofOneUid('a:2'));
  const after = await untilUpdate((update) => update.pods[0]?.spec.containers[0]?.image === 'a:2');
  assert.equal(after.pods[0]?.metadata.uid, before.pods[0]?.metadata.uid);
});

test('a file that is removed and made again with the same pod ends it; one that is replaced does not', async () => {
  const path = join(folder, 'a.yaml');
  writeFileSync(path, manifest('a'));
  start();
  const { pods } = await untilUpdate((update) => update.pods.length === 1);
  writeFileSync(join(folder, '.a.yaml'), manifest('a'));
  renameSync(join(folder, '.a.yaml'), path);
  writeFileSync(join(folder, 'b.yaml'), manifest('b'));
  await untilUpdate((update) => update.pods.length === 2);
  assert.ok(updates.slice(1).every((update) => update.pods.some((pod) => podKey(pod) === 'default/a-n')));

  const before = updates.length;
  rmSync(path);
  writeFileSync(path, manifest('a'));
  await until('it was gone and is back', () => updates.length >= before + 2);
  assert.deepEqual(
    updates.slice(before).map((update) => update.pods.map(podKey)),
    [['default/b-n'], ['default/a-n', 'default/b-n']],
  );
  assert.equal(updates.at(-1)?.pods[0]?.metadata.uid, pods[0]?.metadata.uid);
});

test('a directory that is made later, removed and made again', async () => {
  const later = join(folder, 'x/manifests');
  start(later);
  await untilUpdate((update) => keys(update) === '');
  mkdirSync(later, { recursive: true });
  writeFileSync(join(later, 'a.yaml'), manifest('a'));
  await untilUpdate((update) => keys(update) === 'default/a-n');
  rmSync(join(folder, 'x'), { recursive: true });
  await untilUpdate((update) => keys(update) === '');
  mkdirSync(later, { recursive: true });
  writeFileSync(join(later, 'b.yaml'), manifest('b'));
  await untilUpdate((update) => keys(update) === 'default/b-n');
});

test('a path that does not exist, and another one without a pod, decide about no pod', async () => {
  const lines: string[] = [];
  redirectLog((line) => lines.push(line));
  start(join(folder, 'none'));
  const missing = await untilUpdate(() => true);
  assert.deepEqual([keys(missing), missing.isUnread], ['', true]);
  assert.match(lines.join(''), /"path does not exist, ignoring" path="[^"]*none"/);
  mkdirSync(join(folder, 'none'));
  await untilUpdate((update) => update.isUnread === false);
  await until('the path is recorded', () => existsSync(join(root, 'state-path')));
  await source.stop();

  updates = [];
  lines.length = 0;
  const other = join(folder, 'other');
  mkdirSync(other);
  start(other);
  const empty = await untilUpdate(() => true);
  assert.equal(empty.isUnread, true);
  assert.match(lines.join(''), /The manifest path has no pod.* path="[^"]*other" earlier="[^"]*none"/);
  writeFileSync(join(other, 'a.yaml'), manifest('a'));
  const moved = await untilUpdate((update) => keys(update) === 'default/a-n');
  assert.equal(moved.isUnread, false);
  assert.match(lines.join(''), /The manifest path is another one now/);
});

test('one file as the path', async () => {
  const file = join(folder, 'pod.yaml');
  start(file);
  await untilUpdate((update) => keys(update) === '');
  writeFileSync(join(folder, 'other.yaml'), manifest('other'));
  writeFileSync(file, manifest('a'));
  await untilUpdate((update) => keys(update) === 'default/a-n');
  writeFileSync(join(folder, 'swap'), manifest('b'));
  renameSync(join(folder, 'swap'), file);
  await untilUpdate((update) => keys(update) === 'default/b-n');
  rmSync(file);
  await untilUpdate((update) => keys(update) === '');
});

test('a hundred files at once', async () => {
  start();
  await untilUpdate((update) => keys(update) === '');
  for (let index = 0; index < 100; index++)
    writeFileSync(join(folder, `${index}.yaml`), manifest(`p${index}`));
  const all = await untilUpdate((update) => update.pods.length === 100);
  assert.equal(new Set(all.pods.map((pod) => pod.metadata.uid)).size, 100);
});

const secret = (value: string, immutable = false): string =>
  `apiVersion: v1\nkind: Secret\nmetadata: {name: s}\nstringData: {k: ${value}}\nimmutable: ${immutable}\n`;
const secretValue = ({ objects }: PodUpdate): string | undefined =>
  objects[0]?.object.data.get('k')?.toString();

test('an object that is edited is there within milliseconds, and its copy is only for root', async () => {
  const file = join(folder, 's.yaml');
  writeFileSync(file, secret('a'));
  start();
  await untilUpdate((update) => secretValue(update) === 'a');
  const begin = performance.now();
  writeFileSync(file, secret('b'));
  await untilUpdate((update) => secretValue(update) === 'b');
  assert.ok(performance.now() - begin < 1000);
  await untilUpdate(() => copies() === 1);
  const state = join(root, 'state');
  assert.equal(statSync(state).mode & 0o777, 0o700);
  for (const name of readdirSync(state)) assert.equal(statSync(join(state, name)).mode & 0o777, 0o600);
  writeFileSync(file, secret('{'));
  const broken = await untilUpdate((update) => update.rejected.length === 1);
  assert.equal(secretValue(broken), 'b');
  rmSync(file);
  await untilUpdate((update) => update.objects.length === 0);
});

test('an immutable object stays as it was for the next kubelet, too', async () => {
  const file = join(folder, 's.yaml');
  writeFileSync(file, secret('a', true));
  start();
  await untilUpdate((update) => secretValue(update) === 'a');
  await untilUpdate(() => copies() === 1);
  await source.stop();
  updates = [];
  writeFileSync(file, secret('b', true));
  start();
  const first = await untilUpdate(() => true);
  assert.equal(secretValue(first), 'a');
  assert.deepEqual(
    first.rejected.map(({ object, message }) => [object, message]),
    [['Secret default/s', 'data: Forbidden: field is immutable when `immutable` is set']],
  );
});
