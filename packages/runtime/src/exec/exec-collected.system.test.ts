// Execs in real containers, with each OCI runtime of the distribution.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { processStat } from '@berth/linux/processes/process.ts';
import { eventually } from '@berth/test-support/until.ts';
import { type TestContainer, TestContainers } from '../testing/test-containers.ts';
import { type CollectedExecOptions, execCollected } from './exec-collected.ts';
import { execProcess } from './exec-process.ts';
import { killLeftoverExecs } from './leftover-execs.ts';

for (const name of ['crun', 'runc']) {
  describe(`execs with ${name}`, { timeout: 60_000 }, () => {
    let node: TestContainers;
    let container: TestContainer;
    before(async () => {
      node = new TestContainers(name);
      container = await node.create({
        envs: [{ key: 'A', value: Buffer.from('b') }],
        linux: {
          securityContext: {
            namespaceOptions: { pid: 1 },
            runAsUser: { value: 1000n },
            seccomp: { profileType: 0 },
          },
        },
      });
      await container.start();
    });
    after(() => node[Symbol.asyncDispose]());

    const options = (script: string, change: Partial<CollectedExecOptions> = {}): CollectedExecOptions => {
      const { process } = container.spec;
      assert.ok(process);
      return {
        runtime: node.runtime,
        containerId: container.id,
        process: execProcess(process, ['sh', '-c', script]),
        dir: join(container.dir, 'exec'),
        limitBytes: 16 << 20,
        ...change,
      };
    };
    const exec = (script: string, change: Partial<CollectedExecOptions> = {}) =>
      execCollected(options(script, change));

    test('output, exit code and signal', async () => {
      const { stdout, stderr, exitCode } = await exec('echo out; echo err >&2; exit 3');
      assert.deepEqual([stdout.toString(), stderr.toString(), exitCode], ['out\n', 'err\n', 3]);
      assert.equal((await exec('kill -9 $$')).exitCode, 137);
      assert.deepEqual(readdirSync(join(container.dir, 'exec')), []);
    });

    test("runs as the container's process does", async () => {
      const { stdout } = await exec('id -u; echo $A; grep ^Seccomp: /proc/self/status');
      assert.equal(stdout.toString(), '1000\nb\nSeccomp:\t2\n');
    });

    test('streams can be opened again', async () => {
      assert.equal((await exec('echo one; echo two > /dev/stdout')).stdout.toString(), 'one\ntwo\n');
    });

    test('output beyond the limit is thrown away, and the command is not blocked', async () => {
      const { stdout, exitCode } = await exec('yes | head -c 5000000; exit 4', { limitBytes: 1000 });
      assert.deepEqual([stdout.length, exitCode], [1000, 4]);
      const both = await exec('yes | head -c 5000000; yes | head -c 5000000 >&2', { limitBytes: 1000 });
      assert.equal(both.stdout.length + both.stderr.length, 1000);
      const large = await exec('head -c 3000000 /dev/zero');
      assert.equal(large.stdout.length, 3_000_000);
    });

    test('a program that is not there', async () => {
      const { process } = container.spec;
      assert.ok(process);
      await assert.rejects(exec('', { process: execProcess(process, ['nosuch']) }), {
        name: 'OciRuntimeError',
        kind: 'FAILED',
        message: /^exec in container [0-9a-f]{16}: .*nosuch.*not found/,
      });
      await assert.rejects(exec('true', { containerId: 'nosuch' }), { kind: 'NOT_FOUND' });
    });

    test('a timeout kills the command and what it started', async () => {
      const began = performance.now();
      const command = 'sleep 1001 & (sleep 1002; true) & sleep 1003';
      await assert.rejects(exec(command, { timeoutMs: 300 }), {
        kind: 'TIMEOUT',
        message: /timed out after 300 ms/,
      });
      assert.ok(performance.now() - began < 3000);
      await eventually(async () =>
        assert.equal((await exec('ps | grep -c "sleep 100[123]" || true')).stdout.toString(), '0\n'),
      );
    });

    test('a timeout beyond what a timer can wait is none', async () => {
      assert.equal((await exec('true', { timeoutMs: 2 ** 31 })).exitCode, 0);
    });

    test('what is in the background is waited for, and what it writes is kept', async () => {
      const script = '(sleep 1; echo late; echo err >&2) & echo early';
      const { stdout, stderr, exitCode } = await exec(script);
      assert.deepEqual([stdout.toString(), stderr.toString(), exitCode], ['early\nlate\n', 'err\n', 0]);
      const within = await exec(`${script}; exit 3`, { timeoutMs: 30_000 });
      assert.deepEqual([within.stdout.toString(), within.exitCode], ['early\nlate\n', 3]);
    });

    // runc copies the output itself and so waits for all that hold it.
    const skip = name === 'runc' ? 'runc waits for it by itself' : false;
    test(`a daemon in the background holds the answer up to the timeout${skip ? `: skipped, ${skip}` : ''}`, {
      skip,
    }, async () => {
      const { stdout, exitCode } = await exec('sleep 1007 & echo done; exit 5', { timeoutMs: 500 });
      assert.deepEqual([stdout.toString(), exitCode], ['done\n', 5]);
      assert.equal((await exec('ps | grep -c "sleep 100[7]"')).stdout.toString(), '1\n');
      const abort = new AbortController();
      const answer = exec('sleep 1008 & echo done', { signal: abort.signal });
      await eventually(async () =>
        assert.equal((await exec('ps | grep -c "sleep 100[8]"')).stdout.toString(), '1\n'),
      );
      abort.abort(new Error('client went away'));
      await assert.rejects(answer, /client went away/);
      await exec('kill $(ps | grep "sleep 100[78]" | while read -r pid rest; do echo $pid; done); true');
    });

    test('an abort kills the command', async () => {
      const abort = new AbortController();
      const answer = exec('sleep 1004', { signal: abort.signal });
      setTimeout(() => abort.abort(new Error('client went away')), 200);
      await assert.rejects(answer, /client went away/);
      await eventually(async () =>
        assert.equal((await exec('ps | grep -c "sleep 100[4]" || true')).stdout.toString(), '0\n'),
      );
    });

    test('what a killed berthd left running is found and killed', async () => {
      const program = `
        import { execCollected } from ${JSON.stringify(new URL('./exec-collected.ts', import.meta.url).href)};
        import { OciRuntime } from ${JSON.stringify(new URL('../oci-runtime/runtime.ts', import.meta.url).href)};
        const { runtime, ...options } = JSON.parse(process.argv[1]);
        await execCollected({ ...options, runtime: new OciRuntime(runtime) });`;
      const child = spawn(process.execPath, [
        '--input-type=module',
        '-e',
        program,
        JSON.stringify(options('sleep 1005 & sleep 1006')),
      ]);
      const dir = join(container.dir, 'exec');
      // crun writes the pid file before the command runs, runc after.
      await eventually(async () => {
        assert.equal((await exec('ps | grep -c "sleep 100[56]" || true')).stdout.toString(), '2\n');
        const [pidFile = ''] = readdirSync(dir).filter((file) => file.endsWith('.pid'));
        assert.match(readFileSync(join(dir, pidFile), 'utf8'), /\d/);
      });
      child.kill('SIGKILL');
      assert.equal(killLeftoverExecs(dir, container.id), 1);
      assert.equal(existsSync(dir), false);
      assert.equal(killLeftoverExecs(dir, container.id), 0);
      await eventually(async () =>
        assert.equal((await exec('ps | grep -c "sleep 100[56]" || true')).stdout.toString(), '0\n'),
      );
      assert.notEqual(processStat(container.started.containerPid), undefined);
    });
  });
}
