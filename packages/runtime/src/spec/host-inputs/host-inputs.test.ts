import assert from 'node:assert/strict';
import {
  mkdtempSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { ContainerConfig, Device, Mount, SecurityProfile_ProfileType } from '@berth/cri/generated/api.ts';
import { mknod } from '@berth/linux/files/mknod.ts';
import { parseMountInfo } from '@berth/linux/mounts/mountinfo.ts';
import { parseAppArmorProfiles } from '../../apparmor/detect.ts';
import { gatherContainerFacts } from './container.ts';
import { lookUpDevices } from './device-nodes.ts';
import { byMountPoint, lookUpMountSources, mountAt, readMountTable } from './mount-sources.ts';

const dir = realpathSync(mkdtempSync(join(tmpdir(), 'berth-facts-')));
after(() => rmSync(dir, { recursive: true }));

test('host paths are resolved, and made when missing', async () => {
  writeFileSync(join(dir, 'file'), '');
  symlinkSync('file', join(dir, 'link'));
  const look = async (hostPath: string) =>
    (await lookUpMountSources([Mount.fromPartial({ hostPath, containerPath: '/x' })], readMountTable()))[0]
      ?.path;
  assert.equal(await look(join(dir, 'link')), join(dir, 'file'));
  assert.equal(await look(join(dir, 'new/er')), join(dir, 'new/er'));
  assert.equal(statSync(join(dir, 'new/er')).isDirectory(), true);
  await assert.rejects(look('/proc/berth/x'), /host_path: cannot use \/proc\/berth\/x: .*in \/proc/);
  await assert.rejects(look('rel'), /config.mounts\[0\].host_path: "rel" is not an absolute path/);
  await assert.rejects(look(join(dir, 'file/below')), /host_path: cannot use .*ENOTDIR/);
});

test('propagation and restrictions are those of the deepest, last mount', () => {
  const table = byMountPoint(
    parseMountInfo(
      [
        '20 1 0:1 / / rw shared:1 - ext4 /dev/vda rw',
        '21 20 0:2 / /data rw - tmpfs tmpfs rw',
        '22 20 0:3 / /data/in ro,nosuid,relatime,noexec master:5 - tmpfs tmpfs rw',
        '23 21 0:4 / /data rw shared:7 - tmpfs tmpfs rw',
      ].join('\n'),
    ),
  );
  const root = { propagation: 'shared', mountPoint: '/', fstype: 'ext4', readonly: false, restrictions: [] };
  const data = { ...root, mountPoint: '/data', fstype: 'tmpfs' };
  assert.deepEqual(mountAt('/etc', table), root);
  assert.deepEqual(mountAt('/data', table), data);
  assert.deepEqual(mountAt('/data/in/x', table), {
    ...data,
    propagation: 'slave',
    mountPoint: '/data/in',
    readonly: true,
    restrictions: ['nosuid', 'noexec'],
  });
  assert.deepEqual(mountAt('/database', table), root);
});

test('devices', async () => {
  const look = (device: Partial<Device>) => lookUpDevices([Device.fromPartial(device)]);
  const [node] = await look({ hostPath: '/dev/null', containerPath: '/dev/void', permissions: 'rw' });
  assert.deepEqual(
    [node?.device.path, node?.device.type, node?.device.major, node?.device.minor],
    ['/dev/void', 'c', 1, 3],
  );
  assert.equal(node?.access, 'rw');
  assert.equal((await look({ hostPath: '/dev/null' }))[0]?.access, 'rwm');
  assert.equal((await look({ hostPath: '/dev/null', permissions: 'mrr' }))[0]?.access, 'rm');
  assert.equal((await look({ hostPath: '/dev/null', permissions: 'xr' }))[0]?.access, 'r');
  assert.equal((await look({ hostPath: '/dev/null', permissions: 'xyz' }))[0]?.access, '');
  await assert.rejects(look({ hostPath: '/dev/nosuch' }), /host_path: cannot use \/dev\/nosuch/);
  const empty = mkdtempSync(join(dir, 'no-devices-'));
  assert.deepEqual(await look({ hostPath: empty }), []);
  await assert.rejects(
    look({ hostPath: '/etc/passwd' }),
    /\/etc\/passwd is neither a device nor a directory/,
  );
  const paths = (await look({ hostPath: '/dev', containerPath: '/dev' })).map(({ device }) => device.path);
  assert.ok(paths.includes('/dev/null'));
  assert.deepEqual(
    paths.filter((path) => /^\/dev\/(console$|pts\/)/.test(path)),
    [],
  );
  await assert.rejects(look({ hostPath: 'null' }), /host_path: "null" is not an absolute path/);
});

test('loaded AppArmor profiles', () => {
  assert.deepEqual(parseAppArmorProfiles('/usr/bin/man (enforce)\na b (complain)\n\n'), [
    '/usr/bin/man',
    'a b',
  ]);
});

test('a seccomp profile that is a FIFO, a device or huge is refused at once, and one that a link leads to is read', async () => {
  const look = (localhostRef: string) =>
    gatherContainerFacts({
      config: ContainerConfig.fromPartial({
        linux: {
          securityContext: { seccomp: { profileType: SecurityProfile_ProfileType.Localhost, localhostRef } },
        },
      }),
      rootfsPath: dir,
    });
  const field = /config\.linux\.security_context\.seccomp: cannot read the profile: /;
  mknod(join(dir, 'fifo.json'), { type: 'fifo', mode: 0o644 });
  writeFileSync(join(dir, 'huge.json'), '');
  truncateSync(join(dir, 'huge.json'), 2 ** 40);
  writeFileSync(join(dir, 'good.json'), '{"defaultAction":"SCMP_ACT_ALLOW"}');
  symlinkSync('good.json', join(dir, 'link.json'));
  for (const [name, problem] of [
    ['fifo.json', /is a FIFO, not a regular file/],
    ['huge.json', /has more than 4194304 bytes, the limit/],
    ['/dev/zero', /is a device, not a regular file/],
  ] as const) {
    const path = name.startsWith('/') ? name : join(dir, name);
    await assert.rejects(look(path), field);
    await assert.rejects(look(path), problem);
  }
  assert.equal((await look(join(dir, 'link.json'))).seccompProfile?.profile.defaultAction, 'SCMP_ACT_ALLOW');
});
