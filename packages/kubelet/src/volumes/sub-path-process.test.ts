import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseMountInfo } from '@berth/linux/mounts/mountinfo.ts';
import { bindSubPathApart, hasRemoteFileSystems } from './sub-path-process.ts';

const mounted = (fstype: string) => parseMountInfo(`36 35 98:0 / /mnt rw,noatime - ${fstype} source rw\n`);

test('file systems of other machines and of processes', () => {
  for (const [fstype, isRemote] of [
    ['ext4', false],
    ['tmpfs', false],
    ['fusectl', false],
    ['nfsd', false],
    ['nfs', true],
    ['nfs4', true],
    ['cifs', true],
    ['fuse.sshfs', true],
    ['fuse', true],
  ] as const) {
    assert.equal(hasRemoteFileSystems(mounted(fstype)), isRemote, fstype);
  }
  assert.equal(hasRemoteFileSystems([...mounted('ext4'), ...mounted('nfs4')]), true);
});

test('the process tells why it made no subPath', async () => {
  await assert.rejects(bindSubPathApart('/nowhere', '../x', '/nowhere/target'), {
    message: "unable to provision SubPath `../x`: must not contain '..'",
  });
  await assert.rejects(bindSubPathApart('/nowhere', 'x', '/nowhere/target'), /\/nowhere/);
});
