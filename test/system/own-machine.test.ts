// The machines that test files run on: what happens there is not seen outside, goes at the end, and is told when the
// file has not undone it itself.
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { basename } from 'node:path';
import { test } from 'node:test';
import { mounts } from '@berth/linux/mounts/mount.ts';
import { traces } from '@berth/test-support/node-traces.ts';
import { startOnOwnMachine } from '@berth/test-support/own-machine/own-machine.ts';
import { scratchDir } from '@berth/test-support/scratch.ts';

const cgroup = mounts().find(({ fstype }) => /^cgroup2?$/.test(fstype))?.mountPoint ?? assert.fail();

/** Runs a module on a machine of its own, after which nothing may be left of it. */
async function runThere(text: string): Promise<{ code: number; output: string }> {
  using runDir = scratchDir('machines');
  const name = `${basename(runDir.path)}-0`;
  const args = ['--input-type=module', '--eval', text];
  const machine = startOnOwnMachine({ name, runDir: runDir.path, args });
  const [chunks, code] = await Promise.all([machine.output.toArray(), machine.ended]);
  assert.deepEqual([...traces(runDir.path, '')], []);
  return { code, output: chunks.join('') };
}

test('a program sees a machine: itself, one address, an empty /run', async () => {
  const { code, output } = await runThere(`
    import { readdirSync, readFileSync } from 'node:fs';
    import { hostname, networkInterfaces } from 'node:os';
    console.log(JSON.stringify({
      pids: readdirSync('/proc').filter((name) => /^\\d+$/.test(name)).length,
      run: readdirSync('/run'),
      links: readdirSync('/sys/class/net').filter((name) => !/^(lo|eth0)$/.test(name) && !name.startsWith('ifb')),
      addresses: Object.values(networkInterfaces()).flat().filter(({ internal, family }) => !internal && family === 'IPv4')
        .map(({ address }) => address),
      environment: Object.keys(process.env).filter((name) => name.includes('OWN_MACHINE')),
    }));
  `);
  assert.equal(code, 0, output);
  assert.deepEqual(JSON.parse(output), {
    pids: 2,
    run: [],
    links: [],
    addresses: ['192.0.2.2'],
    environment: [],
  });
});

test('what a program leaves is told, fails it, and goes with its machine', async () => {
  const { code, output } = await runThere(`
    import { spawn } from 'node:child_process';
    import { mkdirSync, writeFileSync } from 'node:fs';
    import { bindMount } from '@berth/linux/mounts/mount.ts';
    writeFileSync('/run/left-file', '');
    mkdirSync('/run/left-mount');
    bindMount('/run/left-mount', '/run/left-mount');
    mkdirSync(${JSON.stringify(cgroup)} + '/left-cgroup');
    spawn('sleep', ['1234'], { detached: true, stdio: 'ignore' }).unref();
  `);
  assert.equal(code, 1, output);
  assert.match(output, /^✖ left on the machine:$/m);
  assert.match(output, /^ {2}processes: \d+ sleep 1234$/m);
  assert.match(output, /^ {2}mounts: \/run\/left-mount$/m);
  assert.match(output, /^ {2}files: \/run\/left-file$/m);
  assert.match(output, /^ {2}cgroups: .*\/left-cgroup$/m);
  for (const path of ['/run/left-file', `${cgroup}/left-cgroup`]) assert.equal(existsSync(path), false);
});

test('the exit code of the program is kept', async () => {
  assert.deepEqual(await runThere('process.exit(7)'), { code: 7, output: '' });
});
