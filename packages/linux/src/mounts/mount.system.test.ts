import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, afterEach, test } from 'node:test';
import {
  bindMount,
  detachBelow,
  isMountAttribute,
  isMountPoint,
  mount,
  mountsBelow,
  setPropagation,
  unmount,
} from './mount.ts';
import { overlayMount } from './overlay.ts';

const scratch = mkdtempSync('/tmp/linux-mount-');

function directory(name: string): string {
  const path = join(scratch, name);
  mkdirSync(path, { recursive: true });
  return path;
}

afterEach(() => {
  detachBelow(scratch);
});

after(() => {
  rmSync(scratch, { recursive: true });
  assert.ok(!existsSync(scratch));
});

test('mount a tmpfs, see it, unmount it', () => {
  const target = directory('tmpfs');
  mount({ source: 'tmpfs', target, fstype: 'tmpfs', flags: ['nosuid', 'nodev'], data: 'size=64k,mode=700' });
  assert.ok(isMountPoint(target));
  const [info] = mountsBelow(target);
  assert.equal(info?.fstype, 'tmpfs');
  assert.ok(info?.options.includes('nosuid'));
  unmount(target);
  assert.ok(!isMountPoint(target));
});

test('errors carry code, call and path', () => {
  const target = join(scratch, 'absent');
  assert.throws(() => mount({ source: 'tmpfs', target, fstype: 'tmpfs' }), {
    name: 'SyscallError',
    code: 'ENOENT',
    errno: 2,
    syscall: 'mount',
    path: target,
  });
  assert.throws(() => mount({ source: 'x', target: scratch, fstype: 'no-such-fs' }), { code: 'ENODEV' });
  assert.throws(() => mount({ source: 'x', target: `${scratch}\0/etc`, fstype: 'tmpfs' }), {
    code: 'EINVAL',
  });
});

test('unmount of what is not mounted', () => {
  assert.throws(() => unmount(scratch), { code: 'EINVAL' });
  unmount(scratch, { ifMounted: true });
  unmount(join(scratch, 'absent'), { ifMounted: true });
  assert.equal(isMountPoint(join(scratch, 'absent')), false);
});

test('bind mount of a file', () => {
  const source = join(scratch, 'source');
  const target = join(scratch, 'target');
  writeFileSync(source, 'hello');
  writeFileSync(target, '');
  bindMount(source, target);
  assert.ok(isMountPoint(target));
  assert.equal(readFileSync(target, 'utf8'), 'hello');
});

test('a recursive read-only bind is read-only all the way down, its source is not', () => {
  const source = directory('tree');
  const below = directory('tree/below');
  const target = directory('view');
  mount({ source: 'tmpfs', target: below, fstype: 'tmpfs' });
  bindMount(source, target, { recursive: true, readonly: true, propagation: 'rprivate' });
  assert.throws(() => writeFileSync(join(target, 'x'), ''), { code: 'EROFS' });
  assert.throws(() => writeFileSync(join(target, 'below/x'), ''), { code: 'EROFS' });
  writeFileSync(join(below, 'x'), '');
});

test('a bind mount has attributes of its own beside those of its source', () => {
  const source = directory('plain');
  const target = directory('restricted');
  mount({ source: 'tmpfs', target: source, fstype: 'tmpfs', flags: ['nodev'] });
  bindMount(source, target, { attributes: ['noexec', 'noatime'] });
  const optionsOf = (path: string) => mountsBelow(path)[0]?.options.filter((option) => option !== 'relatime');
  assert.deepEqual(optionsOf(target), ['rw', 'nodev', 'noexec', 'noatime']);
  assert.deepEqual(optionsOf(source), ['rw', 'nodev']);
  const [known, unknown] = ['nosuid', 'data=ordered'].map(isMountAttribute);
  assert.ok(known && !unknown);
});

test('propagation', () => {
  const target = directory('propagation');
  mount({ source: 'tmpfs', target, fstype: 'tmpfs' });
  setPropagation(target, 'shared');
  assert.notEqual(mountsBelow(target)[0]?.shared, undefined);
  setPropagation(target, 'private');
  assert.equal(mountsBelow(target)[0]?.shared, undefined);
});

test('mountsBelow names the deepest first and no siblings', () => {
  const target = directory('stack');
  const sibling = directory('stack-sibling');
  mount({ source: 'a', target, fstype: 'tmpfs' });
  mkdirSync(join(target, 'b'));
  mount({ source: 'b', target: join(target, 'b'), fstype: 'tmpfs' });
  mount({ source: 'c', target: sibling, fstype: 'tmpfs' });
  assert.deepEqual(
    mountsBelow(target).map(({ source }) => source),
    ['b', 'a'],
  );
});

for (const { name, count, prefix } of [
  { name: 'two layers', count: 2, prefix: 'layer' },
  { name: 'more layers than a page of options holds', count: 127, prefix: `long-${'x'.repeat(60)}` },
  { name: 'layers with colons, commas and backslashes', count: 2, prefix: 'a:b,c\\d' },
]) {
  test(`overlay of ${name}`, () => {
    const base = directory(`overlay-${count}-${prefix.length}`);
    const lowerDirs = Array.from({ length: count }, (_, index) => {
      const path = join(base, `${prefix}-${index}`);
      mkdirSync(path);
      writeFileSync(join(path, `file-${index}`), String(index));
      writeFileSync(join(path, 'top'), String(index));
      return path;
    });
    const [upperDir, workDir, target] = ['upper,dir', 'work', 'merged'].map((part) => join(base, part));
    assert.ok(upperDir && workDir && target);
    for (const path of [upperDir, workDir, target]) mkdirSync(path);
    overlayMount({ lowerDirs, upperDir, workDir, target });
    assert.equal(readFileSync(join(target, 'top'), 'utf8'), '0');
    assert.equal(readFileSync(join(target, `file-${count - 1}`), 'utf8'), String(count - 1));
    writeFileSync(join(target, 'new'), 'x');
    assert.ok(existsSync(join(upperDir, 'new')));
    unmount(target);
    rmdirSync(target);
  });
}
