// What crictl tells of usage, and what it changes of limits, against berthd.
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { type BerthdNode, startBerthdNode } from '@berth/test-support/berthd-node.ts';
import { crictl as program } from '@berth/test-support/crictl.ts';
import { whyNoCriu } from '@berth/test-support/criu.ts';
import { loadTestImage } from '@berth/test-support/images.ts';
import { podUp, type RunningPod } from '@berth/test-support/pods.ts';
import { parse } from 'yaml';

let node: BerthdNode;
let busy: RunningPod;
let idle: RunningPod;

const words = () => ['-r', `unix://${node.socket}`, '-t', '30s'];

function crictl(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(program, [...words(), ...args], {
    encoding: 'utf8',
    timeout: 300_000,
  });
  return { code: status, out: stdout, err: stderr.replaceAll('\\"', '"') };
}

function succeed(...args: string[]): string {
  const { code, out, err } = crictl(...args);
  assert.equal(code, 0, `crictl ${args.join(' ')}: ${err}`);
  return out;
}

function refuse(message: RegExp, ...args: string[]): void {
  const { code, out, err } = crictl(...args);
  assert.equal(code, 1, `crictl ${args.join(' ')} printed ${out}`);
  assert.match(err, message);
}

/** The cells of the table with their column names, by the first cell. */
function table(text: string): Map<string, Record<string, string>> {
  assert.ok(text.startsWith('\x1b[2J\x1b[H'), text);
  const [header = [], ...rows] = text
    .slice('\x1b[2J\x1b[H'.length)
    .trimEnd()
    .split('\n')
    .map((line) => line.split(/ {2,}/));
  return new Map(
    rows.map((row) => [
      row[0] ?? '',
      Object.fromEntries(header.map((name, index) => [name, row[index] ?? ''])),
    ]),
  );
}

before(async () => {
  const extra = 'stats: { includedPodMetrics: [all] }\n';
  node = await startBerthdNode({ name: 'crictlstat', runtime: 'runc', extra });
  await loadTestImage(node.socket);
  const fixture = { client: node.client, logDir: node.dir, cgroupParent: node.paths.cgroupParent };
  busy = await podUp({ ...fixture, name: 'busy' }, ['/bin/sh', '-c', 'while :; do :; done']);
  idle = await podUp({ ...fixture, name: 'idle' });
});

after(async () => {
  await node?.[Symbol.asyncDispose]();
});

const short = (id: string) => id.slice(0, 13);

test('stats tells what containers use between two samples', () => {
  const rows = table(succeed('stats'));
  const [loaded, quiet] = [busy, idle].map(({ containerId }) => rows.get(short(containerId)));
  assert.equal(loaded?.['NAME'], 'main');
  assert.ok(Number(loaded?.['CPU %']) > 10, JSON.stringify(loaded));
  assert.ok(Number(quiet?.['CPU %']) < 5, JSON.stringify(quiet));
  assert.match(quiet?.['MEM'] ?? '', /^[\d.]+[kM]?B$/);
  assert.equal(rows.size, 2);
});

test('stats are narrowed, and told as messages', () => {
  const ids = (...args: string[]) =>
    JSON.parse(succeed('stats', '-o', 'json', ...args)).stats.map(
      ({ attributes }: { attributes: { id: string } }) => attributes.id,
    );
  assert.deepEqual(ids(), [busy.containerId, idle.containerId].toSorted());
  assert.deepEqual(ids('-p', idle.sandboxId.slice(0, 9)), [idle.containerId]);
  assert.deepEqual(ids(busy.containerId.slice(0, 9)), [busy.containerId]);
  assert.deepEqual(ids('--id', busy.containerId, '-p', idle.sandboxId), []);
  assert.deepEqual(ids('--label', 'a=b'), []);
  const [stats] = parse(succeed('stats', '-o', 'yaml', busy.containerId)).stats;
  assert.equal(stats.attributes.metadata.name, 'main');
  assert.match(stats.cpu.usageCoreNanoSeconds.value, /^\d+$/);
  refuse(/msg="incorrectly specified label: a"/, 'stats', '--label', 'a');
});

test('statsp tells what pods use', () => {
  const rows = table(succeed('statsp', '-s', '2'));
  assert.deepEqual([...rows.keys()].toSorted(), ['busy', 'idle']);
  assert.equal(rows.get('busy')?.['POD ID'], short(busy.sandboxId));
  assert.ok(Number(rows.get('busy')?.['CPU %']) > 10);
  const [stats, ...more] = JSON.parse(succeed('statsp', '-o', 'json', idle.sandboxId.slice(0, 8))).stats;
  assert.deepEqual([stats.attributes.id, more.length], [idle.sandboxId, 0]);
  refuse(/msg="parse pod labels: incorrectly specified label: a"/, 'statsp', '--label', 'a');
});

test('watching draws again and again, until Ctrl-C', { timeout: 600_000 }, async () => {
  for (const args of [
    ['stats', '-w'],
    ['statsp', '--watch', '-s', '2'],
    ['metricsp', '-w', '-o', 'json'],
  ]) {
    const child = spawn(program, [...words(), ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
    let out = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      out += text;
      const drawn = out.split(args[0] === 'metricsp' ? '"podMetrics"' : '\x1b[2J\x1b[H').length - 1;
      if (drawn === 3) child.kill('SIGINT');
    });
    assert.deepEqual(await once(child, 'close'), [0, null], args.join(' '));
    assert.match(out, args[0] === 'metricsp' ? /container_last_seen/ : /busy|main/);
  }
});

test('metrics are told with their descriptors', () => {
  const { descriptors } = JSON.parse(succeed('metricdescs'));
  const names = new Set(descriptors.map(({ name }: { name: string }) => name));
  const { podMetrics } = parse(succeed('metricsp', '-o', 'yaml'));
  assert.deepEqual(
    podMetrics.map(({ podSandboxId }: { podSandboxId: string }) => podSandboxId).toSorted(),
    [busy.sandboxId, idle.sandboxId].toSorted(),
  );
  for (const { metrics } of podMetrics) {
    assert.ok(metrics.length > 0);
    for (const { name } of metrics) assert.ok(names.has(name), name);
  }
  assert.match(succeed('metricsp', '-o', 'table'), /^NAME:\n {3}crictl metricsp - /);
  assert.match(succeed('metricdescs', 'x'), /^NAME:\n {3}crictl metricdescs - /);
});

test('update changes the limits of containers', async () => {
  const id = short(idle.containerId);
  const limits = async () => {
    const { status } = await node.client.runtime.containerStatus({ containerId: idle.containerId });
    return status?.resources?.linux;
  };
  assert.equal(
    succeed('update', '--memory', '67108864', '--cpu-share', '0x100', '--oom-score-adj', '500', id),
    `${id}\n`,
  );
  const { memoryLimitInBytes, cpuShares, oomScoreAdj } = (await limits()) ?? {};
  assert.deepEqual([memoryLimitInBytes, cpuShares, oomScoreAdj], [67_108_864n, 256n, 500n]);
  succeed('update', '--cpu-period', '50000', '--cpu-quota', '25000', '--cpuset-cpus', '0', id);
  const { cpuPeriod, cpuQuota, cpusetCpus, cpuShares: kept } = (await limits()) ?? {};
  assert.deepEqual([cpuPeriod, cpuQuota, cpusetCpus, kept], [50_000n, 25_000n, '0', 256n]);
  const { code, err } = crictl('update', '--cpu-count', '2', id);
  assert.deepEqual([code, /--cpu-count is for Windows and has no effect on Linux/.test(err)], [0, true]);
  refuse(/updating container resources for "nothing": rpc error: code = NotFound/, 'update', 'nothing');
  refuse(/invalid value "much" for flag -oom-score-adj/, 'update', '--oom-score-adj', 'much', id);
  refuse(/msg="ID cannot be empty"/, 'update', '--memory', '1');
});

test('update-runtime-config tells the range of addresses', () => {
  const { code, err } = crictl('update-runtime-config', '--pod-cidr', '10.214.0.0/16');
  assert.deepEqual([code, /level=info msg="Runtime config successfully updated"/.test(err)], [0, true]);
  assert.match(succeed('update-runtime-config'), /^NAME:\n {3}crictl update-runtime-config - /);
});

test('what cannot be checkpointed is told', () => {
  refuse(/msg="ID cannot be empty"/, 'checkpoint');
  refuse(/Use --export=\/path\/to\/checkpoint.tar/, 'checkpoint', 'x');
  refuse(
    /checkpointing the container "nothing" failed: rpc error: code = NotFound/,
    'checkpoint',
    '-e',
    join(node.dir, 'x.tar'),
    'nothing',
  );
});

const noCriu = whyNoCriu();
test(noCriu ?? 'checkpoint writes an archive', { skip: noCriu !== undefined }, () => {
  const archive = join(node.dir, 'checkpoint.tar');
  const id = short(idle.containerId);
  assert.equal(succeed('checkpoint', '--export', archive, id), `${id}\n`);
  assert.ok(existsSync(archive));
});
