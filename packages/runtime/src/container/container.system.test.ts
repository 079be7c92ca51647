import assert from 'node:assert/strict';
import { existsSync, readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { patience } from '@berth/test-support/machine-speed.ts';
import { failsWith, isolated, PodCalls, until } from '../testing/pod-calls.ts';
import { TestNode } from '../testing/test-node.ts';

let node: TestNode;
let pods: PodCalls;
before(async () => {
  node = await TestNode.start('rt-container');
  pods = new PodCalls(node);
});
after(() => node[Symbol.asyncDispose]());

const call = () => node.client.runtime;

test('stopping: the grace period, then the kill; a shorter stop overtakes a longer one', async () => {
  const sandbox = await pods.runPod('stop');
  const stubborn = ['/bin/sh', '-c', 'trap "" TERM; echo ready; while true; do sleep 1; done'];
  const untilReady = async (containerId: string) => {
    const { logPath } = await pods.statusOf(containerId);
    await until(() => readFileSync(logPath, 'utf8').includes('ready'));
  };
  const polite = await pods.startContainer(
    sandbox,
    ['/bin/sh', '-c', 'trap "exit 3" TERM; echo ready; while true; do sleep 0.05; done'],
    {
      metadata: { name: 'polite', attempt: 0 },
    },
  );
  await untilReady(polite);
  await call().stopContainer({ containerId: polite, timeout: 20n });
  assert.equal((await pods.statusOf(polite)).exitCode, 3);

  const one = await pods.startContainer(sandbox, stubborn, { metadata: { name: 'one', attempt: 0 } });
  await untilReady(one);
  const began = performance.now();
  const slow = call().stopContainer({ containerId: one, timeout: 25n });
  await call().stopContainer({ containerId: one, timeout: 1n });
  await slow;
  const took = performance.now() - began;
  assert.ok(took >= 900 && took < 8000, `${took} ms`);
  assert.equal((await pods.statusOf(one)).exitCode, 137);

  const never = await pods.makeContainer(sandbox, ['/bin/true'], { metadata: { name: 'never', attempt: 0 } });
  await call().stopContainer({ containerId: never, timeout: 10n });
  const { state, startedAt } = await pods.statusOf(never);
  assert.deepEqual([state, startedAt], [2, 0n]);
  await pods.removePod(sandbox);
});

test('a stop that comes before the program has its handler reaches it all the same', async () => {
  const sandbox = await pods.runPod('early');
  const late = ['/bin/sh', '-c', 'sleep 0.3; trap "exit 3" TERM; while true; do sleep 0.05; done'];
  const containerId = await pods.startContainer(sandbox, late);
  await call().stopContainer({ containerId, timeout: 30n });
  assert.equal((await pods.statusOf(containerId)).exitCode, 3);
  await pods.removePod(sandbox);
});

test('ExecSync: output, exit code, timeout, a command that is not there', async () => {
  const sandbox = await pods.runPod('exec');
  const containerId = await pods.startContainer(sandbox, ['/bin/sleep', '600']);
  const exec = (cmd: string[], timeout = BigInt(patience(10))) =>
    call().execSync({ containerId, cmd, timeout });
  const { stdout, stderr, exitCode } = await exec(['/bin/sh', '-c', 'echo a; echo b >&2; exit 5']);
  assert.deepEqual(
    [Buffer.from(stdout).toString(), Buffer.from(stderr).toString(), exitCode],
    ['a\n', 'b\n', 5],
  );
  await assert.rejects(exec(['/bin/sleep', '60'], 1n), failsWith('DEADLINE_EXCEEDED', /./));
  await until(async () => !(await pods.shell(containerId, 'ps')).includes('sleep 60\n'));
  await assert.rejects(exec(['/nope']), failsWith('UNKNOWN', /\/nope/));
  await assert.rejects(exec([]), failsWith('INVALID_ARGUMENT', /^cmd: is required/));
  const big = await exec(['/bin/sh', '-c', 'yes | head -c 20000000']);
  assert.ok(big.stdout.length > 16_000_000 && big.stdout.length < 16 * 1024 * 1024);
  await pods.removePod(sandbox);
});

test('a container that takes too much memory is OOMKilled', async () => {
  const sandbox = await pods.runPod('oom');
  const containerId = await pods.startContainer(
    sandbox,
    ['/bin/sh', '-c', 'x=$(yes | head -c 200000000); echo $x'],
    {
      linux: {
        resources: { memoryLimitInBytes: 16n * 1024n * 1024n },
        securityContext: { namespaceOptions: isolated },
      },
    },
  );
  await until(async () => (await pods.statusOf(containerId)).state === 2);
  const { reason, exitCode } = await pods.statusOf(containerId);
  assert.deepEqual([reason, exitCode], ['OOMKilled', 137]);
  await pods.removePod(sandbox);
});

test('a container whose conmon is killed is killed, and says why', async () => {
  const sandbox = await pods.runPod('conmon');
  const containerId = await pods.startContainer(sandbox, ['/bin/sleep', '600']);
  const pid = Number(readFileSync(join(node.dir, 'state/containers', containerId, 'conmon-pid'), 'utf8'));
  process.kill(pid, 'SIGKILL');
  await until(async () => (await pods.statusOf(containerId)).state === 2);
  const { exitCode, message } = await pods.statusOf(containerId);
  assert.equal(exitCode, 137);
  assert.match(message, /conmon \(pid \d+\) is gone/);
  await pods.removePod(sandbox);
});

test('a log that is rotated goes on in a new file, which is there when the call returns', async () => {
  const sandbox = await pods.runPod('rotate');
  const script = 'i=0; while true; do i=$((i+1)); echo $i; sleep 0.01; done';
  const containerId = await pods.startContainer(sandbox, ['/bin/sh', '-c', script]);
  const { logPath } = await pods.statusOf(containerId);
  for (let rotation = 1; rotation <= 20; rotation++) {
    renameSync(logPath, `${logPath}.${rotation}`);
    await call().reopenContainerLog({ containerId });
    assert.equal(existsSync(logPath), true);
  }
  await call().stopContainer({ containerId, timeout: 0n });
  await assert.rejects(
    call().reopenContainerLog({ containerId }),
    failsWith('FAILED_PRECONDITION', /is not running/),
  );
  const unlogged = await pods.startContainer(sandbox, ['/bin/sleep', '600'], {
    metadata: { name: 'unlogged', attempt: 0 },
    logPath: '',
  });
  await call().reopenContainerLog({ containerId: unlogged });
  await pods.removePod(sandbox);
});
