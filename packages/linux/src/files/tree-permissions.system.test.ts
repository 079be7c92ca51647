// A container exchanges files for links while their group and mode are changed.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  chownSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, beforeEach, test } from 'node:test';
import { mount, unmount } from '../mounts/mount.ts';
import { nestDirectories } from '../testing/deep-directories.ts';
import { removeTree } from './remove-tree.ts';
import { changePermissions } from './tree-permissions.ts';

const scratch = mkdtempSync(join(tmpdir(), 'berth-tree-permissions-'));
after(() => rmSync(scratch, { recursive: true }));
let tree = '';
beforeEach(() => {
  tree = mkdtempSync(join(scratch, 'tree-'));
});

const look = (path: string) => {
  const { uid, gid, mode } = lstatSync(join(tree, path));
  return `${uid}:${gid}:${(mode & 0o7777).toString(8)}`;
};
const give = (gid: number) => changePermissions(tree, ({ mode }) => ({ gid, mode: (mode & 0o7777) | 0o070 }));

test('files, directories and links get group and mode, owners stay', async () => {
  mkdirSync(join(tree, 'd'), { mode: 0o700 });
  writeFileSync(join(tree, 'd/f'), '', { mode: 0o600 });
  writeFileSync(join(tree, 'program'), '');
  chownSync(join(tree, 'program'), 5, 5);
  chmodSync(join(tree, 'program'), 0o6755);
  symlinkSync('d/f', join(tree, 'link'));
  symlinkSync('/nowhere', join(tree, 'dangling'));
  assert.equal(await give(77), undefined);
  assert.deepEqual(['.', 'd', 'd/f', 'program', 'link', 'dangling'].map(look), [
    '0:77:770',
    '0:77:770',
    '0:77:670',
    '5:77:6775',
    '0:77:777',
    '0:77:777',
  ]);
});

test('what is right already is not touched', async () => {
  writeFileSync(join(tree, 'f'), '');
  await give(77);
  const { ctimeNs } = statSync(join(tree, 'f'), { bigint: true });
  await give(77);
  assert.equal(statSync(join(tree, 'f'), { bigint: true }).ctimeNs, ctimeNs);
});

test('a mount below is not entered', async () => {
  mkdirSync(join(tree, 'mounted'));
  mount({ source: 'tmpfs', target: join(tree, 'mounted'), fstype: 'tmpfs' });
  try {
    writeFileSync(join(tree, 'mounted/f'), '');
    await give(77);
    assert.match(look('mounted/f'), /^0:0:/);
  } finally {
    unmount(join(tree, 'mounted'));
  }
});

test('a file that cannot be changed does not keep the others from it', async () => {
  for (const name of ['a', 'b', 'c']) writeFileSync(join(tree, name), '', { mode: 0o600 });
  const { ino } = statSync(join(tree, 'b'));
  const failure = await changePermissions(tree, (stats) => ({
    gid: 77,
    mode: stats.ino === ino ? -1 : 0o770,
  }));
  assert.match(failure?.message ?? '', /out of range/);
  assert.deepEqual(['a', 'b', 'c', '.'].map(look), ['0:77:770', '0:77:600', '0:77:770', '0:77:770']);
});

test('any depth', async () => {
  nestDirectories(tree, 'd'.repeat(200), 100, (path) => writeFileSync(`${path}/f`, ''));
  assert.equal(await give(77), undefined);
  let found: number | undefined;
  await changePermissions(tree, (stats) => {
    if (stats.isFile()) found = stats.gid;
    return {};
  });
  assert.equal(found, 77);
  await removeTree(tree);
  mkdirSync(tree);
});

/** Exchanges the file `victim` and the directory `folder` for links to the outside and back, without end. */
const exchangerScript = `
const { mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } = await import('node:fs');
const [tree, outside] = process.argv.slice(1);
process.chdir(tree);
symlinkSync(outside + '/secret', 'link');
symlinkSync(outside, 'folder-link');
console.log('started');
for (;;) {
  renameSync('victim', 'aside'); renameSync('link', 'victim');
  renameSync('folder', 'folder-aside'); renameSync('folder-link', 'folder');
  renameSync('victim', 'link'); renameSync('aside', 'victim');
  renameSync('folder', 'folder-link'); renameSync('folder-aside', 'folder');
}`;

test('links that appear meanwhile lead nowhere', { timeout: 120_000 }, async () => {
  const outside = mkdtempSync(join(scratch, 'outside-'));
  writeFileSync(join(outside, 'secret'), '', { mode: 0o600 });
  writeFileSync(join(tree, 'victim'), '');
  mkdirSync(join(tree, 'folder'));
  writeFileSync(join(tree, 'folder/secret'), '');
  const exchanger = spawn(process.execPath, ['--input-type=module', '-e', exchangerScript, tree, outside], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(exchanger, 'exit');
  try {
    await once(exchanger.stdout, 'data');
    for (let round = 0; round < 3000; round++) await give(1000 + round);
    const { gid, mode } = statSync(join(outside, 'secret'));
    assert.deepEqual([gid, mode & 0o777, statSync(outside).gid], [0, 0o600, 0]);
  } finally {
    exchanger.kill('SIGKILL');
    await ended;
  }
});
