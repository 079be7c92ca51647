import assert from 'node:assert/strict';
import { lstatSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fileSystemUsage } from './file-system-usage.ts';
import { mknod, splitDevice } from './mknod.ts';
import { lchown } from './ownership.ts';
import { getXattr, listXattrs, removeXattr, setXattr } from './xattr.ts';

const scratch = mkdtempSync('/tmp/linux-files-');
after(() => rmSync(scratch, { recursive: true }));

test('special files', () => {
  const at = (name: string) => join(scratch, name);
  mknod(at('null'), { type: 'character', major: 1, minor: 3, mode: 0o666 });
  mknod(at('block'), { type: 'block', major: 250, minor: 1000, mode: 0o600 });
  mknod(at('fifo'), { type: 'fifo', mode: 0o622 });
  mknod(at('socket'), { type: 'socket', mode: 0o700 });
  assert.ok(lstatSync(at('null')).isCharacterDevice());
  assert.equal(lstatSync(at('null')).mode & 0o7777, 0o666);
  assert.deepEqual(splitDevice(lstatSync(at('block')).rdev), { major: 250, minor: 1000 });
  assert.ok(lstatSync(at('fifo')).isFIFO());
  assert.ok(lstatSync(at('socket')).isSocket());
  writeFileSync(at('null'), 'x');
  assert.throws(() => mknod(at('null'), { type: 'fifo', mode: 0 }), { code: 'EEXIST', path: at('null') });
});

test('ownership of a link', () => {
  const link = join(scratch, 'link');
  symlinkSync('/etc/hostname', link);
  lchown(link, 12345, 4_000_000_000);
  assert.deepEqual([lstatSync(link).uid, lstatSync(link).gid], [12345, 4_000_000_000]);
  assert.throws(() => lchown(join(scratch, 'absent'), 0, 0), { name: 'SyscallError', code: 'ENOENT' });
});

test('extended attributes', () => {
  const file = join(scratch, 'file');
  writeFileSync(file, '');
  setXattr(file, 'trusted.overlay.opaque', 'y');
  setXattr(file, 'user.binary', Buffer.from([0, 1, 255]));
  setXattr(file, 'user.empty', '');
  assert.deepEqual(listXattrs(file).sort(), ['trusted.overlay.opaque', 'user.binary', 'user.empty']);
  assert.equal(getXattr(file, 'trusted.overlay.opaque')?.toString(), 'y');
  assert.deepEqual(getXattr(file, 'user.binary'), Buffer.from([0, 1, 255]));
  assert.equal(getXattr(file, 'user.empty')?.length, 0);
  removeXattr(file, 'user.empty');
  removeXattr(file, 'user.empty');
  assert.equal(getXattr(file, 'user.empty'), undefined);
  assert.throws(() => setXattr(file, 'nonsense', 'x'), { code: 'EOPNOTSUPP' });
});

test('usage of a file system', async () => {
  // An empty tmpfs uses nothing.
  writeFileSync(join(scratch, 'used'), Buffer.alloc(65_536, 1));
  const usage = await fileSystemUsage(scratch);
  assert.ok(usage.totalBytes >= usage.usedBytes && usage.usedBytes > 0n);
  assert.ok(usage.totalInodes === usage.usedInodes + usage.freeInodes);
});
