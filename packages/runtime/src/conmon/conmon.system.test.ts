// The life of a container under conmon, with each OCI runtime of the distribution.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { processStat } from '@berth/linux/processes/process.ts';
import { eventually } from '@berth/test-support/until.ts';
import { readExit } from '../exits/exit-files.ts';
import { TestContainers } from '../testing/test-containers.ts';
import { readPidFile, startConmon } from './conmon.ts';
import { reopenLog } from './control.ts';

const ownPid = { linux: { securityContext: { namespaceOptions: { pid: 1 as const } } } };

for (const name of ['crun', 'runc']) {
  describe(`conmon with ${name}`, { timeout: 600_000 }, () => {
    let node: TestContainers;
    before(() => {
      node = new TestContainers(name);
    });
    after(() => node[Symbol.asyncDispose]());

    test('conmon belongs to no one, and goes with its container', async () => {
      const container = await node.create(ownPid);
      const { containerPid, conmonPid } = container.started;
      assert.equal(processStat(containerPid)?.ppid, conmonPid);
      assert.equal(processStat(conmonPid)?.ppid, 1);
      assert.equal(await readPidFile(join(container.dir, 'pid')), containerPid);
      await container.start();
      process.kill(containerPid, 'SIGKILL');
      const exit = await container.ended();
      assert.equal(exit.exitCode, 137);
      assert.ok(Math.abs(Number(exit.finishedAt / 1_000_000n) - Date.now()) < 5000);
      // PID 1 reaps it in its own time.
      await eventually(() => assert.match(processStat(conmonPid)?.state ?? 'gone', /gone|Z|X/));
    });

    test('a container can be started once', async () => {
      const container = await node.create(ownPid);
      await container.start();
      await assert.rejects(container.start(), {
        kind: 'NOT_FOUND',
        message: /start container .*started before/,
      });
      await node.runtime.run(['kill', container.id, '9']);
      assert.equal((await container.ended()).exitCode, 137);
      await node.runtime.run(['delete', container.id]);
      await assert.rejects(node.runtime.run(['state', container.id]), { name: 'OciRuntimeError' });
    });

    test('a container that died before its start', async () => {
      const container = await node.create(ownPid);
      process.kill(container.started.containerPid, 'SIGKILL');
      await container.ended();
      if (name === 'crun') await assert.rejects(container.start(), { kind: 'NOT_FOUND' });
    });

    test('log rotation', async () => {
      const container = await node.create({
        ...ownPid,
        command: ['sh', '-c', 'i=0; while :; do i=$((i+1)); echo $i; sleep 0.01; done'],
      });
      await container.start();
      const log = join(container.dir, 'log');
      await eventually(() => assert.ok(readFileSync(log, 'utf8').length > 0));
      renameSync(log, `${log}.1`);
      await reopenLog(container.dir, log);
      assert.equal(existsSync(log), true);
      await eventually(() => assert.ok(container.log().length > 2));
      const last = readFileSync(`${log}.1`, 'utf8').trim().split(' ').at(-1);
      assert.equal(container.log()[0], `stdout F ${Number(last) + 1}`);
      process.kill(container.started.containerPid, 'SIGKILL');
      await container.ended();
      await eventually(() =>
        assert.rejects(reopenLog(container.dir, log, { timeoutMs: 20 }), { code: 'ENXIO' }),
      );
    });

    test('the death of the daemon is not seen by conmon', async () => {
      const container = await node.create(ownPid);
      const id = 'orphan';
      const dir = join(node.dir, id);
      mkdirSync(dir);
      const config = {
        ...container.spec,
        linux: { ...container.spec.linux, cgroupsPath: `${node.cgroupParent}/${id}` },
      };
      writeFileSync(join(dir, 'config.json'), JSON.stringify(config));
      const { runtime } = node;
      const program = `
        import { startConmon } from ${JSON.stringify(new URL('./conmon.ts', import.meta.url).href)};
        import { OciRuntime } from ${JSON.stringify(new URL('../oci-runtime/runtime.ts', import.meta.url).href)};
        const { runtime, ...options } = JSON.parse(process.argv[1]);
        const started = await startConmon({ ...options, runtime: new OciRuntime(runtime) });
        console.log(started.containerPid);
        process.kill(process.pid, 'SIGKILL');`;
      const options = node.conmonOptions(id, dir);
      const { stdout, signal } = spawnSync(process.execPath, [
        '--input-type=module',
        '-e',
        program,
        JSON.stringify(options),
      ]);
      assert.equal(signal, 'SIGKILL');
      await runtime.start(id);
      process.kill(Number(stdout.toString()), 'SIGKILL');
      await eventually(() => assert.equal(readExit(options.exitDir, id)?.exitCode, 137));
      await node.delete(id);
    });

    test('what is in the way of a creation is named', async () => {
      const options = node.conmonOptions('x', node.dir);
      const table: [object, RegExp][] = [
        [{ conmonPath: '/nowhere/conmon' }, /create container x: cannot run \/nowhere\/conmon: .*ENOENT/],
        [{ conmonPath: '/bin/false' }, /create container x: conmon ended with exit code 1/],
        [{ logPath: '/nowhere/dir/0.log' }, /Failed to open log file.*: \/nowhere\/dir\/0.log/],
        [{}, /create container x: .*config.json/],
      ];
      for (const [change, message] of table)
        await assert.rejects(startConmon({ ...options, ...change }), message);
    });
  });
}
