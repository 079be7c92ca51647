// The kernel here need not have SELinux: any kernel keeps the attribute, and none of this shows what a policy does.
import assert from 'node:assert/strict';
import {
  closeSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { removeTree } from '../files/remove-tree.ts';
import { getXattr } from '../files/xattr.ts';
import { nestDirectories } from '../testing/deep-directories.ts';
import { isKnownContext, mayRelabel, relabel, selinuxEnabled } from './selinux.ts';

let dir: string;
before(() => {
  dir = mkdtempSync(join(tmpdir(), 'selinux-'));
});
after(() => rmSync(dir, { recursive: true }));

const labelOf = (path: string) => getXattr(join(dir, path), 'security.selinux')?.toString();

test('relabel (the attribute; its effect needs a kernel with SELinux)', async () => {
  mkdirSync(join(dir, 'volume/deep'), { recursive: true });
  writeFileSync(join(dir, 'volume/deep/file'), '');
  writeFileSync(join(dir, 'outside'), '');
  mkdirSync(join(dir, 'elsewhere'));
  symlinkSync('../outside', join(dir, 'volume/link'));
  symlinkSync('../elsewhere', join(dir, 'volume/link-to-directory'));
  const before = labelOf('outside');
  const label = selinuxEnabled()
    ? 'system_u:object_r:tmp_t:s0'
    : 'system_u:object_r:container_file_t:s0:c1,c2';
  await relabel(join(dir, 'volume'), label);
  for (const path of [
    'volume',
    'volume/deep',
    'volume/deep/file',
    'volume/link',
    'volume/link-to-directory',
  ]) {
    assert.equal(labelOf(path), `${label}\0`, path);
  }
  for (const path of ['outside', 'elsewhere']) assert.equal(labelOf(path), before, path);
  await relabel(join(dir, 'outside'), label);
  assert.equal(labelOf('outside'), `${label}\0`);
  await assert.rejects(relabel(join(dir, 'none'), label), { code: 'ENOENT' });
});

test('relabel reaches what nobody can name with a path, or in UTF-8', async () => {
  const volume = join(dir, 'deep-volume');
  mkdirSync(volume);
  const label = selinuxEnabled()
    ? 'system_u:object_r:tmp_t:s0'
    : 'system_u:object_r:container_file_t:s0:c1,c2';
  const labelAt = (path: string) => getXattr(path, 'security.selinux')?.toString();
  try {
    nestDirectories(volume, 'd'.repeat(255), 300, (path) => {
      writeFileSync(Buffer.concat([Buffer.from(`${path}/`), Buffer.from([0xff, 0xfe])]), '');
    });
    await relabel(volume, label);
    let levels = 0;
    for (let descriptor = openSync(volume, 'r'); ; levels++) {
      const here = `/proc/self/fd/${descriptor}`;
      assert.equal(labelAt(`${here}/.`), `${label}\0`);
      const [name = Buffer.alloc(0)] = readdirSync(here, { encoding: 'buffer' });
      if (name.length === 2) {
        // A file of that name can be reached by another as well.
        linkSync(Buffer.concat([Buffer.from(`${here}/`), name]), join(dir, 'linked'));
        assert.equal(labelOf('linked'), `${label}\0`);
        closeSync(descriptor);
        break;
      }
      const next = openSync(`${here}/${name}`, 'r');
      closeSync(descriptor);
      descriptor = next;
    }
    assert.equal(levels, 300);
  } finally {
    await removeTree(volume);
  }
});

test("the system's own directories are not to be relabelled", () => {
  for (const path of ['/', '/etc', '/usr', '/home', '/var/lib', '/proc/self', '/root', '/etc/passwd']) {
    assert.ok(!mayRelabel(path), path);
  }
  for (const path of ['/home/user/data', '/var/lib/kubelet/pods/u/volumes/x', '/etc/app']) {
    assert.ok(mayRelabel(path), path);
  }
});

const skip = selinuxEnabled() ? false : 'this kernel has no SELinux';
test('a policy says which contexts it knows', { skip }, () => {
  assert.ok(!isKnownContext('no:such:context_t:s0'));
});
