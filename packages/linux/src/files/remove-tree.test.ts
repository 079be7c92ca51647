import assert from 'node:assert/strict';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { nestDirectories } from '../testing/deep-directories.ts';
import { mknod } from './mknod.ts';
import { removeTree } from './remove-tree.ts';

let dir: string;
before(() => {
  dir = mkdtempSync(join(tmpdir(), 'berth-remove-tree-'));
});
after(() => rmSync(dir, { recursive: true, force: true }));

function makeTree(): string {
  const tree = join(dir, 'tree');
  mkdirSync(tree);
  return tree;
}

function openFileCount(): number {
  return readdirSync('/proc/self/fd').length;
}

test('what does not exist is no error', async () => {
  await removeTree(join(dir, 'nothing'));
  await removeTree(join(dir, 'nothing/below'));
  assert.ok(existsSync(dir));
});

test('directories are removed whose path is longer than a path can be', async () => {
  const tree = makeTree();
  const before = openFileCount();
  nestDirectories(tree, 'd'.repeat(255), 60, (path) => writeFileSync(`${path}/file`, ''));
  await removeTree(tree);
  assert.ok(!existsSync(tree));
  assert.equal(openFileCount(), before);
});

test('3,000 directories below each other are removed with few open files', async () => {
  const tree = makeTree();
  nestDirectories(tree, 'd', 3_000, (path) => writeFileSync(`${path}/file`, ''));
  let most = 0;
  const watch = setInterval(() => {
    most = Math.max(most, openFileCount());
  }, 1);
  await removeTree(tree);
  clearInterval(watch);
  assert.ok(!existsSync(tree));
  assert.ok(most < 400, `${most} open files`);
});

test('names that are not UTF-8, fifos and directories without permissions are removed', async () => {
  const tree = makeTree();
  const odd = Buffer.concat([Buffer.from(`${tree}/`), Buffer.from([0xff, 0xfe, 0x0a])]);
  mkdirSync(odd);
  writeFileSync(Buffer.concat([odd, Buffer.from([0x2f, 0x80])]), '');
  mknod(join(tree, 'fifo'), { type: 'fifo', mode: 0o600 });
  mkdirSync(join(tree, 'closed/below'), { recursive: true });
  if (process.getuid?.() === 0) chmodSync(join(tree, 'closed'), 0);
  await removeTree(tree);
  assert.ok(!existsSync(tree));
});

test('a symbolic link is removed, and not what it leads to', async () => {
  const kept = join(dir, 'kept');
  mkdirSync(kept);
  writeFileSync(join(kept, 'file'), '');
  const tree = makeTree();
  symlinkSync(kept, join(tree, 'link'));
  symlinkSync(kept, join(dir, 'link'));
  await removeTree(tree);
  await removeTree(join(dir, 'link'));
  assert.deepEqual(readdirSync(kept), ['file']);
  assert.ok(!existsSync(tree));
});

test('files that are made meanwhile are removed too', async () => {
  const tree = makeTree();
  for (let index = 0; index < 2000; index++) writeFileSync(join(tree, `file${index}`), '');
  let made = 0;
  const maker = setInterval(() => {
    if (made < 20 && existsSync(tree)) writeFileSync(join(tree, `new${made++}`), '');
  }, 1);
  await removeTree(tree);
  clearInterval(maker);
  assert.ok(!existsSync(tree));
});

test('a wide tree is removed without holding up the event loop', async () => {
  const tree = makeTree();
  for (let index = 0; index < 40; index++) {
    mkdirSync(join(tree, `d${index}`));
    for (let file = 0; file < 50; file++) writeFileSync(join(tree, `d${index}`, `f${file}`), '');
  }
  let turns = 0;
  let isDone = false;
  const turn = () => {
    turns++;
    if (!isDone) setImmediate(turn);
  };
  setImmediate(turn);
  await removeTree(tree);
  isDone = true;
  assert.ok(!existsSync(tree));
  // A synchronous removal leaves none.
  assert.ok(turns > 3, `${turns} turns of the event loop`);
});
