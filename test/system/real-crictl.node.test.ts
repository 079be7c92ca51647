// The real crictl v1.36.0 asks berthd about the node itself: version, info, configuration, events, metrics.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { JsonCursor } from '@berth/common/json/cursor.ts';
import { whyNoCriu } from '@berth/test-support/criu.ts';
import { type RealCrictl, startRealCrictl } from '@berth/test-support/real-crictl.ts';

let crictl: RealCrictl;
before(async () => {
  crictl = await startRealCrictl({
    name: 'rcnode',
    extra: 'stats: { includedPodMetrics: [all] }\n',
  });
});
after(() => crictl[Symbol.asyncDispose]());

const read = async (command: string, ...args: string[]) =>
  new JsonCursor(await crictl.json(command, ...args), command);

test('version and info', async () => {
  const version = await crictl.ok('version');
  assert.match(version, /^RuntimeName: {2}berth$/m);
  assert.match(version, /^RuntimeApiVersion: {2}v1$/m);
  const info = new JsonCursor(JSON.parse(await crictl.ok('info')), 'info');
  const conditions = info.field('status').field('conditions').array();
  const states = conditions.map((each) => [each.field('type').string(), each.field('status').boolean()]);
  assert.deepEqual(states, [
    ['RuntimeReady', true],
    ['NetworkReady', true],
  ]);
});

test('runtime-config names the cgroup driver', async () => {
  assert.match(await crictl.ok('runtime-config'), /^cgroup driver: +CGROUPFS$/);
});

test('events shows a container from its creation to its removal', async () => {
  using events = crictl.start(['events']);
  // Nothing tells that crictl listens, so containers come and go until it says so.
  const first = await untilEvent(events.printed(/CONTAINER_DELETED_EVENT/), async () => {
    const { pod, container } = await crictl.pod('told', ['true']);
    await crictl.ok('rm', '-f', container);
    await crictl.ok('rmp', '-f', pod);
    return container;
  });
  const told = events.out();
  assert.match(told, new RegExp(first));
  for (const kind of ['CREATED', 'STARTED', 'STOPPED', 'DELETED']) {
    assert.match(told, new RegExp(`CONTAINER_${kind}_EVENT`));
  }
  events.interrupt();
  await events.exit();
});

test('metricdescs and metricsp show metrics with cAdvisor names', async () => {
  const descriptors = (await read('metricdescs')).field('descriptors').array();
  const names = descriptors.map((each) => each.field('name').string());
  for (const name of ['container_cpu_usage_seconds_total', 'container_memory_working_set_bytes']) {
    assert.ok(names.includes(name), `${name} in ${names}`);
  }
  const { pod } = await crictl.pod('measured', ['sleep', '600']);
  const [metrics] = (await read('metricsp')).field('podMetrics').array();
  assert.equal(metrics?.field('podSandboxId').string(), pod);
  const [container] = metrics?.field('containerMetrics').array() ?? [];
  const shown =
    container
      ?.field('metrics')
      .array()
      .map((each) => each.field('name').string()) ?? [];
  assert.ok(shown.includes('container_memory_working_set_bytes'), shown.join(' '));
  for (const name of shown) assert.ok(names.includes(name), `${name} has a descriptor`);
  await crictl.ok('rmp', '-f', pod);
});

test('update-runtime-config makes the network of the template for the pod CIDR', async () => {
  await using fresh = await startRealCrictl({
    name: 'rccidr',
    prepare: (dir) => {
      const conflist = join(dir, 'net.d/10-rccidr.conflist');
      const template = join(dir, 'template.conflist');
      const text = readFileSync(conflist, 'utf8').replace(/10\.\d+\.0\.0\/16/, '{{.PodCIDR}}');
      writeFileSync(template, text);
      rmSync(conflist);
      const config = join(dir, 'config.yaml');
      const yaml = readFileSync(config, 'utf8').replace('cni:\n', `cni:\n  confTemplate: ${template}\n`);
      writeFileSync(config, yaml);
    },
  });
  const wrong = await fresh.run('update-runtime-config', '--pod-cidr', 'everything');
  assert.notEqual(wrong.code, 0);
  assert.match(wrong.err, /pod_cidr/);
  await fresh.ok('update-runtime-config', '--pod-cidr', '10.237.7.0/24');
  const pod = await fresh.ok('runp', fresh.podFile('cidr'));
  const status = new JsonCursor(await fresh.json('inspectp', pod), 'inspectp').field('status');
  assert.match(status.field('network').field('ip').string(), /^10\.237\.7\./);
  await fresh.ok('rmp', '-f', pod);
});

const noCriu = whyNoCriu();
test(`checkpoint ${noCriu ? 'says that criu does not work on this kernel' : 'writes an archive'}`, async () => {
  const { pod, container } = await crictl.pod('kept', ['sleep', '600'], {}, 'runc');
  const archive = join(crictl.node.dir, 'kept.tar');
  const { code, out, err } = await crictl.run('checkpoint', '--export', archive, container);
  if (noCriu === undefined) {
    assert.equal(out.trim(), container, err);
    const names = execFileSync('tar', ['-tf', archive], { encoding: 'utf8' });
    assert.match(names, /^checkpoint\/inventory\.img$/m);
  } else {
    assert.notEqual(code, 0);
    assert.match(err, /criu/i);
    assert.ok(!existsSync(archive));
  }
  assert.equal(await crictl.ok('ps', '-q', '--no-trunc', '--name', 'kept'), container);
  await crictl.ok('rmp', '-f', pod);
});

/** Repeats `act`, at most twenty times, until `event` has happened; what the first time gave. */
async function untilEvent<Value>(event: Promise<void>, act: () => Promise<Value>): Promise<Value> {
  let isThere = false;
  const noted = event.then(() => {
    isThere = true;
  });
  let last = await act();
  for (let round = 0; !isThere && round < 20; round++) {
    // crictl may not listen yet, and nobody else tells when it does: then what it missed is done again.
    await Promise.race([noted, new Promise((resolve) => setTimeout(resolve, 500))]);
    if (!isThere) last = await act();
  }
  await noted;
  return last;
}
