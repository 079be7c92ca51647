import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { Spec } from '@berth/oci/runtime-spec/config.ts';
import { startRegistry } from '@berth/test-support/image-registry.ts';
import type { Config } from './config/config.ts';
import { startDaemon } from './daemon.ts';
import { execProcess } from './exec/exec-process.ts';
import { findProgram } from './host/programs.ts';
import { createLogger } from './logging/log.ts';
import { containerId } from './state/ids.ts';
import { Paths } from './state/paths.ts';
import { failsWith, PodCalls, until } from './testing/pod-calls.ts';
import { TestNode } from './testing/test-node.ts';

let node: TestNode;
let pods: PodCalls;
before(async () => {
  node = await TestNode.start('rt-daemon');
  pods = new PodCalls(node);
});
after(() => node[Symbol.asyncDispose]());

const call = () => node.client.runtime;

test('a second berthd on the same directories is refused', async () => {
  await assert.rejects(
    startDaemon(
      { ...node.config, listen: join(node.dir, 'other.sock') },
      createLogger('error', () => {}),
    ),
    {
      message: /is in use by another berthd/,
    },
  );
});

test('an image that is nowhere is told of in the log once, with its name and the reason', async () => {
  const registry = await startRegistry();
  try {
    const image = `${registry.address}/no/such:1`;
    await assert.rejects(node.client.image.pullImage({ image: { image } }), failsWith('NOT_FOUND', /./));
    const told = node.lines.filter((line) => /level=(?!debug)/.test(line) && line.includes('failed to pull'));
    assert.equal(told.length, 1, told.join(''));
    assert.match(told[0] ?? '', /level=warning msg="PullImage failed: .*no\/such:1.*: not found/);
  } finally {
    await registry.stop();
  }
});

test('directories in which there can be no files are refused by name', async () => {
  const { config } = node;
  const proc = '/proc/berth';
  const table: [Config, RegExp][] = [
    [{ ...config, root: proc }, /^root: \/proc\/berth cannot be used/],
    [{ ...config, state: '/sys/berth' }, /^state: \/sys\/berth cannot be used/],
    [{ ...config, listen: `${proc}/berth.sock` }, /^listen: /],
    [{ ...config, cni: { ...config.cni, confDir: proc } }, /^cni\.confDir: /],
    [{ ...config, cni: { ...config.cni, cacheDir: proc } }, /^cni\.cacheDir: /],
  ];
  for (const [changed, message] of table)
    await assert.rejects(
      startDaemon(
        changed,
        createLogger('error', () => {}),
      ),
      { message },
    );
});

test('containers go on without berthd, and what happened to them is known afterwards', async () => {
  const sandbox = await pods.runPod('restart');
  const runs = await pods.startContainer(sandbox, ['/bin/sleep', '600'], {
    metadata: { name: 'runs', attempt: 0 },
  });
  const ends = await pods.startContainer(
    sandbox,
    ['/bin/sh', '-c', 'while ! [ -e /stop ]; do sleep 0.01; done; exit 9'],
    {
      metadata: { name: 'ends', attempt: 0 },
    },
  );
  const waits = await pods.makeContainer(sandbox, ['/bin/sleep', '600'], {
    metadata: { name: 'waits', attempt: 0 },
  });
  await node.close();
  assert.equal(existsSync(node.config.listen), false);
  const root = join(node.dir, 'state/containers', ends, 'rootfs');
  writeFileSync(join(root, 'stop'), '');
  await until(async () => existsSync(join(node.dir, 'state/exits', ends)));
  await node.open();
  assert.equal((await pods.statusOf(runs)).state, 1);
  const { state, exitCode } = await pods.statusOf(ends);
  assert.deepEqual([state, exitCode], [2, 9]);
  assert.equal(await pods.shell(runs, 'echo here'), 'here');
  await call().startContainer({ containerId: waits });
  assert.equal(await pods.shell(waits, 'echo here'), 'here');
  await pods.removePod(sandbox);
});

test('commands that a dead berthd ran are ended, and the container goes on', async () => {
  for (const handler of ['crun', 'runc']) {
    const pod = await pods.runPod(`leftover-${handler}`, {}, handler);
    const container = await pods.startContainer(pod, ['/bin/sleep', '600']);
    await pods.shell(container, 'true');
    await node.close();
    // As berthd runs it, but nobody's child when berthd starts again.
    const { bundle } = new Paths(node.config).container(containerId(container));
    const spec: Spec = JSON.parse(readFileSync(bundle.config, 'utf8'));
    assert.ok(spec.process);
    writeFileSync(
      join(bundle.exec, 'x.json'),
      JSON.stringify(execProcess(spec.process, ['/bin/sh', '-c', 'sleep 611 & sleep 612'])),
    );
    const runtime = spawn(
      findProgram(handler, handler),
      [
        ...['--root', join(node.dir, `state/oci-${handler}`), 'exec'],
        ...['--process', join(bundle.exec, 'x.json'), '--pid-file', join(bundle.exec, 'x.pid'), container],
      ],
      { stdio: 'ignore', detached: true },
    );
    const ended = once(runtime, 'exit');
    await until(() => existsSync(join(bundle.exec, 'x.pid')));
    await node.open();
    await ended;
    assert.doesNotMatch(await pods.shell(container, 'ps'), /sleep 61[12]/);
    assert.match(await pods.shell(container, 'ps'), /sleep 600/);
    await pods.removePod(pod);
  }
});
