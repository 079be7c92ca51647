// `berth run` with real daemons: detached, connected, on a terminal, interrupted and killed.
import assert from 'node:assert/strict';
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { importArchive, writeTestImage } from '@berth/test-support/images.ts';
import { testImage } from '@berth/test-support/pods.ts';
import { type RunningCrictl, runCrictl } from '@berth/test-support/running-crictl.ts';
import { checkout } from '@berth/test-support/scratch.ts';
import { until } from '@berth/test-support/until.ts';
import { kubeletPods } from '../node/kubelet.ts';
import { displayName } from '../pods/identity.ts';
import { type TestLayout, testLayout } from '../testing/test-layout.ts';
import { type RunOptions, run } from './run.ts';
import { up } from './up.ts';

let node: TestLayout;

before(async () => {
  node = await testLayout('run', '10.222.31.0/24');
  await up(node.layout, [], { timeout: 120, validate: 'strict', try: false }, { write: () => {} });
  const image = join(node.dir, 'image');
  await writeTestImage(image);
  await importArchive(node.layout.socket, image);
});
after(() => node[Symbol.asyncDispose]());

const call = join(checkout, 'packages/berth/src/testing/call.ts');

/** `berth run` in a process of its own. */
function start(options: Partial<RunOptions>, words: string[], terminal = false): RunningCrictl {
  const args = JSON.stringify([node.layout, testImage, words, { timeout: 120, ...options }]);
  const argv = [process.execPath, call, 'run', 'run', args];
  return runCrictl(argv, terminal ? { onTerminal: { rows: 24, columns: 80 } } : {});
}

const names = async () => ((await kubeletPods(node.layout)) ?? []).map(displayName).sort();
const manifests = () => readdirSync(node.layout.manifestDir).sort();

test('it starts a pod, which stays, under a name that is free', async () => {
  const texts: string[] = [];
  const output = { write: (text: string) => texts.push(text) };
  const options = { timeout: 120, env: ['GREETING=hi'], label: ['a=b'] };
  assert.equal(await run(node.layout, testImage, ['/bin/sleep', '1000'], options, output), 0);
  assert.equal(await run(node.layout, testImage, ['/bin/sleep', '1000'], options, output), 0);
  assert.match(
    texts.join(''),
    /ok {2}pod default\/busybox {3}Running\n ok {2}pod default\/busybox-2 {3}Running\n/,
  );
  assert.deepEqual(await names(), ['default/busybox', 'default/busybox-2']);
  const [pod] = (await kubeletPods(node.layout)) ?? [];
  assert.deepEqual(pod?.spec?.containers[0]?.env, [{ name: 'GREETING', value: 'hi' }]);
  assert.equal(pod?.metadata?.labels?.['a'], 'b');
  await assert.rejects(
    run(node.layout, testImage, [], { timeout: 9, name: 'busybox' }, output),
    /pod busybox exists: choose another --name/,
  );
  await assert.rejects(
    run(node.layout, testImage, [], { timeout: 9, volume: ['/none/such:/x'] }, output),
    /--volume: \/none\/such does not exist/,
  );
});

test('a dry run prints a manifest that up takes, and changes nothing', async () => {
  const texts: string[] = [];
  const before = manifests();
  const options = { timeout: 1, dryRun: true, name: 'dry', port: ['80'], restart: 'never' };
  assert.equal(
    await run(node.layout, testImage, ['/bin/true'], options, { write: (text) => texts.push(text) }),
    0,
  );
  assert.deepEqual(manifests(), before);
  const file = join(node.dir, 'dry.yaml');
  writeFileSync(file, texts.join(''));
  await up(node.layout, [file], { timeout: 120, validate: 'strict', try: false }, { write: () => {} });
  assert((await names()).includes('default/dry'));
});

test('with --rm it prints all output, exits with the exit code, and leaves nothing', async () => {
  const before = manifests();
  using berth = start({ rm: true, name: 'once' }, ['/bin/sh', '-c', 'echo out; echo err >&2; exit 7']);
  assert.deepEqual(await berth.exit(), { code: 7, out: 'out\n', err: 'err\n' });
  assert.deepEqual(manifests(), before);
  assert(!(await names()).includes('default/once'));
});

test('standard input goes to the container until its end', async () => {
  using berth = start({ rm: true, stdin: true, name: 'cat' }, ['/bin/sh', '-c', 'echo ready; cat; echo end']);
  await berth.printed(/ready/);
  berth.write('line\n');
  await berth.printed(/line/);
  berth.end();
  const { code, out } = await berth.exit();
  assert.deepEqual([code, out], [0, 'ready\nline\nend\n']);
});

test('a shell on a terminal', async () => {
  using berth = start({ rm: true, stdin: true, tty: true, name: 'shell' }, ['/bin/sh'], true);
  await until('there is a prompt or a place for one', async () => (await names()).includes('default/shell'));
  berth.write('echo $((40+2)) on $(stty size 2>/dev/null || echo a terminal)\n');
  await berth.printed(/42 on/);
  berth.write('exit 3\n');
  assert.equal((await berth.exit()).code, 3);
  assert(!manifests().some((name) => name.includes('shell')));
});

test('Ctrl-C removes the pod', async () => {
  using berth = start({ rm: true, name: 'stopped' }, ['/bin/sh', '-c', 'echo begun; exec sleep 1000']);
  await berth.printed(/begun/);
  berth.interrupt();
  assert.equal((await berth.exit()).code, 130);
  assert(!manifests().some((name) => name.includes('stopped')));
  assert(!(await names()).includes('default/stopped'));
});

test('the pod of a killed command is removed too', async () => {
  using berth = start({ rm: true, name: 'killed' }, ['/bin/sh', '-c', 'echo begun; exec sleep 1000']);
  await berth.printed(/begun/);
  berth.kill();
  await until('the pod is gone', async () => !(await names()).includes('default/killed'));
  assert(!existsSync(join(node.layout.manifestDir, 'default-killed.yaml')));
});

test('an image that cannot be pulled ends it, and the pod with --rm', async () => {
  const args = JSON.stringify([node.layout, 'localhost:1/none', [], { timeout: 60, rm: true }]);
  using berth = runCrictl([process.execPath, call, 'run', 'run', args]);
  const { code, err } = await berth.exit();
  assert.equal(code, 1);
  assert.match(err, /pod default\/none: container none: ErrImagePull|ImagePullBackOff/);
  assert(!manifests().some((name) => name.includes('none')));
});
