import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readlinkSync } from 'node:fs';
import { before, test } from 'node:test';
import { libcFunction } from '../syscall/libc.ts';
import { ensureMasquerade, removeTable } from './nftables.ts';

function nft(...args: string[]): string {
  const { stdout, stderr, status } = spawnSync('nft', args, { encoding: 'utf8' });
  assert.equal(status, 0, stderr);
  return stdout;
}

// This process is the test's alone, and what it spawns inherits the namespace: the host's rules stay as they are.
before(() => {
  const CLONE_NEWNET = 0x4000_0000;
  const host = readlinkSync('/proc/self/ns/net');
  libcFunction('unshare', ['int'])('a network namespace', CLONE_NEWNET);
  assert.notEqual(readlinkSync('/proc/thread-self/ns/net'), host);
});

test('masquerade as nft prints it', () => {
  const sources = ['10.88.0.0/16', '10.99.3.7/20', 'fd00:88::/64'];
  ensureMasquerade({ table: 'berth-test', sources });
  ensureMasquerade({ table: 'berth-test', sources });
  const expected = `table inet berth-test {
	chain postrouting {
		type nat hook postrouting priority srcnat; policy accept;
		ip saddr 10.88.0.0/16 ip daddr != 10.88.0.0/16 ip daddr != 224.0.0.0/4 masquerade
		ip saddr 10.99.0.0/20 ip daddr != 10.99.0.0/20 ip daddr != 224.0.0.0/4 masquerade
		ip6 saddr fd00:88::/64 ip6 daddr != fd00:88::/64 ip6 daddr != ff00::/8 masquerade
	}
}
`;
  assert.equal(nft('list', 'ruleset'), expected);
});

test('sources are replaced, other tables are left alone', () => {
  nft('add', 'table', 'ip', 'other');
  ensureMasquerade({ table: 'berth-test', sources: ['10.1.0.0/16'] });
  const ruleset = nft('list', 'ruleset');
  assert.match(ruleset, /table ip other/);
  assert.match(ruleset, /ip saddr 10\.1\.0\.0\/16/);
  assert.doesNotMatch(ruleset, /10\.88/);
  removeTable('berth-test');
  removeTable('berth-test');
  assert.equal(nft('list', 'ruleset'), 'table ip other {\n}\n');
});

test('what the kernel refuses changes nothing', () => {
  ensureMasquerade({ table: 'berth-test', sources: ['10.1.0.0/16'] });
  const before = nft('list', 'ruleset');
  assert.throws(() => ensureMasquerade({ table: 'berth-test', sources: ['10.1.0.0/33'] }), /10\.1\.0\.0\/33/);
  assert.throws(() => ensureMasquerade({ table: 'x'.repeat(300), sources: [] }), { name: 'SyscallError' });
  assert.equal(nft('list', 'ruleset'), before);
  removeTable('berth-test');
});
