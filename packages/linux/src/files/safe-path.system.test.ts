import assert from 'node:assert/strict';
import {
  closeSync,
  constants,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { makeDirectoryInRoot, openBeneath, openInRoot, resolveInRoot } from './safe-path.ts';

const scratch = mkdtempSync('/tmp/linux-safe-path-');
const root = join(scratch, 'root');
mkdirSync(join(root, 'etc/deep'), { recursive: true });
writeFileSync(join(root, 'etc/passwd'), 'inside');
writeFileSync(join(scratch, 'secret'), 'outside');
symlinkSync('/etc/passwd', join(root, 'absolute'));
symlinkSync('../../../../etc/passwd', join(root, 'climbing'));
symlinkSync('/etc', join(root, 'directory'));
symlinkSync('loop', join(root, 'loop'));
symlinkSync('nowhere', join(root, 'dangling'));
symlinkSync('../secret', join(root, 'up'));
after(() => rmSync(scratch, { recursive: true }));

for (const path of [
  'etc/passwd',
  '/etc/passwd',
  '../../etc/passwd',
  'absolute',
  'climbing',
  'directory/passwd',
  'etc/deep/../passwd',
]) {
  test(`${path} stays in the root`, () => {
    const descriptor = openInRoot(root, path, constants.O_RDONLY);
    assert.equal(readFileSync(descriptor, 'utf8'), 'inside');
    closeSync(descriptor);
    assert.equal(resolveInRoot(root, path), join(root, 'etc/passwd'));
  });
}

for (const [path, code] of [
  ['up', 'ENOENT'],
  ['../secret', 'ENOENT'],
  ['loop', 'ELOOP'],
  ['dangling', 'ENOENT'],
  ['etc/passwd/x', 'ENOTDIR'],
  ['a\0b', 'EINVAL'],
] as const) {
  test(`${JSON.stringify(path)} in the root: ${code}`, () => {
    assert.throws(() => resolveInRoot(root, path), { name: 'SyscallError', code });
  });
}

for (const path of ['up', 'climbing', 'absolute', '../secret', '/etc/passwd']) {
  test(`${path} is not beneath the root`, () => {
    assert.throws(() => openBeneath(root, path, constants.O_RDONLY), { code: 'EXDEV' });
  });
}

test('magic links do not lead out', () => {
  symlinkSync('/proc/self/root/etc/hostname', join(root, 'magic'));
  assert.throws(() => resolveInRoot('/', '/proc/self/root'), { code: 'ELOOP' });
  assert.throws(() => resolveInRoot(root, 'magic'), { code: 'ENOENT' });
});

test('directories are made within the root', () => {
  assert.equal(makeDirectoryInRoot(root, '/var/lib/app'), join(root, 'var/lib/app'));
  assert.equal(makeDirectoryInRoot(root, '/var/lib/app'), join(root, 'var/lib/app'));
  assert.equal(makeDirectoryInRoot(root, 'directory/new'), join(root, 'etc/new'));
  assert.equal(makeDirectoryInRoot(root, '../../y'), join(root, 'y'));
  assert.equal(makeDirectoryInRoot(root, '/'), root);
  assert.ok(!existsSync(join(scratch, 'y')));
  assert.throws(() => makeDirectoryInRoot(root, 'etc/passwd/x'), { code: 'ENOTDIR' });
  assert.throws(() => makeDirectoryInRoot(root, 'absent/../y'), { code: 'ENOENT' });
  assert.throws(() => makeDirectoryInRoot(root, 'dangling/x'), /points to nothing/);
});

test('no descriptor is left open', () => {
  const before = readdirSync('/proc/self/fd').length;
  for (let index = 0; index < 10; index++) {
    resolveInRoot(root, 'absolute');
    makeDirectoryInRoot(root, `made/${index}/deep`);
    assert.throws(() => resolveInRoot(root, 'loop'), { code: 'ELOOP' });
  }
  assert.equal(readdirSync('/proc/self/fd').length, before);
});
