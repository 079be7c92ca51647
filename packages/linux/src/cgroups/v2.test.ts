// The writers of cgroup v2 against a plain directory tree: what they put into which file. The kernel's side
// of it is proved in the VM suite.
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { CgroupV2 } from './v2.ts';

const root = mkdtempSync('/tmp/linux-cgroup-v2-');
after(() => rmSync(root, { recursive: true }));
writeFileSync(join(root, 'cgroup.controllers'), 'cpuset cpu io memory pids\n');
writeFileSync(join(root, 'cgroup.subtree_control'), 'cpuset cpu io memory\n');
const cgroups = new CgroupV2(root);
const content = (path: string): string => readFileSync(join(root, path), 'utf8');

test('controllers are those of the root', () => {
  assert.deepEqual([...cgroups.controllers], ['cpuset', 'cpu', 'io', 'memory', 'pids']);
});

test('create hands on what is missing and keeps what exists', () => {
  cgroups.create('/a/b');
  cgroups.create('/a/b');
  assert.ok(cgroups.exists('/a/b'));
  assert.ok(!cgroups.exists('/a/c'));
  assert.equal(content('cgroup.subtree_control'), '+pids');
  mkdirSync(join(root, 'a2'));
  writeFileSync(join(root, 'a2/cgroup.controllers'), 'memory rdma\n');
  cgroups.create('/a2/b');
  assert.equal(content('a2/cgroup.subtree_control'), '+memory');
  assert.ok(!existsSync(join(root, 'a2/b/cgroup.subtree_control')));
});

test('apply writes the files', () => {
  cgroups.create('/limits');
  cgroups.apply('/limits', {
    cpuShares: 1024,
    memoryLimit: 4096n,
    pids: 7,
    unified: { 'memory.high': '2048' },
  });
  assert.deepEqual(
    ['cpu.weight', 'memory.max', 'pids.max', 'memory.high'].map((file) => content(`limits/${file}`)),
    ['100', '4096', '7', '2048'],
  );
});

test('usage and kills are read', () => {
  cgroups.create('/usage');
  for (const [file, text] of Object.entries({
    'memory.current': '1000\n',
    'memory.max': 'max\n',
    'memory.stat': 'anon 300\ninactive_file 400\npgfault 5\npgmajfault 1\n',
    'memory.swap.current': '0\n',
    'memory.events': 'low 0\noom 2\noom_kill 3\n',
    'cpu.stat': 'usage_usec 1234\nuser_usec 1000\n',
    'pids.current': '2\n',
  })) {
    writeFileSync(join(root, 'usage', file), text);
  }
  assert.deepEqual(cgroups.usage('/usage'), {
    cpuNanoseconds: 1_234_000n,
    memoryBytes: 1000n,
    workingSetBytes: 600n,
    rssBytes: 300n,
    swapBytes: 0n,
    pageFaults: 5n,
    majorPageFaults: 1n,
    pids: 2,
  });
  assert.equal(cgroups.oomKillCount('/usage'), 3);
  assert.equal(cgroups.usage('/absent'), undefined);
  assert.equal(cgroups.oomKillCount('/absent'), undefined);
});

test('processes are those of the whole subtree', () => {
  cgroups.create('/p/q');
  writeFileSync(join(root, 'p/cgroup.procs'), '');
  writeFileSync(join(root, 'p/q/cgroup.procs'), '11\n12\n11\n');
  assert.deepEqual(cgroups.processes('/p'), [11, 12]);
  assert.deepEqual(cgroups.processes('/absent'), []);
});

test('killAll uses cgroup.kill', () => {
  cgroups.create('/k');
  writeFileSync(join(root, 'k/cgroup.kill'), '');
  cgroups.killAll('/k');
  assert.equal(content('k/cgroup.kill'), '1');
});

test('paths that leave the hierarchy are refused', () => {
  assert.throws(() => cgroups.create('/../outside'), /cgroup path/);
});
