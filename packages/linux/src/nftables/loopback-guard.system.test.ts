import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readlinkSync } from 'node:fs';
import { before, test } from 'node:test';
import { libcFunction } from '../syscall/libc.ts';
import { ensureLoopbackGuard } from './loopback-guard.ts';
import { hasTable, removeTable } from './nftables.ts';

// This process is the test's alone, and what it spawns inherits the namespace: the host's rules stay as they are.
before(() => {
  const CLONE_NEWNET = 0x4000_0000;
  const host = readlinkSync('/proc/self/ns/net');
  libcFunction('unshare', ['int'])('a network namespace', CLONE_NEWNET);
  assert.notEqual(readlinkSync('/proc/thread-self/ns/net'), host);
});

test('the loopback guard as nft prints it, made once or twice', () => {
  assert.equal(hasTable('guard-test'), false);
  ensureLoopbackGuard('guard-test');
  ensureLoopbackGuard('guard-test');
  assert.equal(hasTable('guard-test'), true);
  const { stdout, stderr } = spawnSync('nft', ['list', 'ruleset'], { encoding: 'utf8' });
  assert.equal(
    stdout,
    `table inet guard-test {
	chain prerouting {
		type filter hook prerouting priority raw; policy accept;
		meta iifkind "vrf" accept
		iif != "lo" ip daddr 127.0.0.0/8 drop
		iif != "lo" ip saddr 127.0.0.0/8 drop
	}
}
`,
    stderr,
  );
  removeTable('guard-test');
  assert.equal(hasTable('guard-test'), false);
});
