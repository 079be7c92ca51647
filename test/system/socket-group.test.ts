// The setting socketGroup: its members use the CRI socket in berthd's own directory, others are told why not.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { layOutBerthd, startBerthd } from '@berth/test-support/berthd.ts';
import { removeTestCgroup } from '@berth/test-support/cgroup-driver.ts';
import { crictl } from '@berth/test-support/crictl.ts';
import { PodNetwork } from '@berth/test-support/pod-network.ts';
import { checkout, scratchDir, startDaemon } from '@berth/test-support/scratch.ts';

const group = 64_321;

/** Runs crictl as another user; the checkout may be root's: it may read that, and no more. */
function asUser(user: number, gid: number, socket: string): { status: number | null; said: string } {
  const reads = ['--inh-caps', '+dac_read_search', '--ambient-caps', '+dac_read_search'];
  const ids = ['--reuid', `${user}`, '--regid', `${gid}`, '--clear-groups'];
  const words = [crictl, '-r', `unix://${socket}`, 'version'];
  // A capability to search directories would hide that the user cannot traverse them.
  const canRead = spawnSync('setpriv', [...ids, 'test', '-r', join(checkout, 'bin/crictl')]).status === 0;
  const run = spawnSync('setpriv', [...ids, ...(canRead ? [] : reads), ...words], { encoding: 'utf8' });
  return { status: run.status, said: run.stdout + run.stderr };
}

test('members of the group use the socket, others are refused', async () => {
  using scratch = scratchDir('group');
  const { path: dir } = scratch;
  chmodSync(dir, 0o711);
  using network = await PodNetwork.take('group');
  const paths = layOutBerthd(dir, { extra: `socketGroup: ${group}\n` });
  network.writeConflist({ confDir: paths.cniConfDir, dataDir: join(dir, 'leases') });
  const socket = join(paths.state, 'berth.sock');
  try {
    await using _berthd = await startDaemon({
      name: 'berthd',
      argv: [join(checkout, 'bin/berthd'), '--config', paths.config, '--listen', socket],
      dir,
      ready: async () => asUser(0, 0, socket).status === 0,
    });
    const mode = (path: string) => {
      const { mode: bits, uid, gid } = statSync(path);
      return `${(bits & 0o7777).toString(8)} ${uid} ${gid}`;
    };
    assert.equal(mode(socket), `660 0 ${group}`);
    assert.equal(mode(paths.state), `710 0 ${group}`);
    assert.equal(mode(paths.root), '700 0 0');
    assert.equal(mode(join(paths.state, 'sandboxes')), '700 0 0');
    const member = asUser(65_534, group, socket);
    assert.equal(member.status, 0, member.said);
    assert.match(member.said, /RuntimeName: +berth/);
    const other = asUser(65_534, 65_534, socket);
    assert.equal(other.status, 1);
    assert.match(other.said, /connect: permission denied/);
  } finally {
    await removeTestCgroup(paths.cgroupParent);
  }
});

test('without the setting the directory is for root alone', async () => {
  using scratch = scratchDir('nogroup');
  const { path: dir } = scratch;
  using network = await PodNetwork.take('nogroup');
  const paths = layOutBerthd(dir);
  network.writeConflist({ confDir: paths.cniConfDir, dataDir: join(dir, 'leases') });
  try {
    await using _berthd = await startBerthd(paths, dir);
    assert.equal(statSync(paths.state).mode & 0o777, 0o700);
    assert.equal(statSync(paths.socket).gid, 0);
  } finally {
    await removeTestCgroup(paths.cgroupParent);
  }
});
