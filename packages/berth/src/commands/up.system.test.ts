import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmodSync, existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { mountsBelow } from '@berth/linux/mounts/mount.ts';
import { hasTable } from '@berth/linux/nftables/nftables.ts';
import { kill } from '@berth/linux/processes/process.ts';
import { writeOciLayout } from '@berth/oci/archive/layout-writer.ts';
import { meterRegistry } from '@berth/oci/testing/metered-registry.ts';
import { loopbackTable } from '@berth/runtime/network/loopback-guard.ts';
import { startRegistry } from '@berth/test-support/image-registry.ts';
import { busyboxLayer } from '@berth/test-support/images.ts';
import { until } from '@berth/test-support/until.ts';
import { demoImage, writeDemoImage } from '../images/demo-image.ts';
import { type DaemonName, runningDaemon } from '../node/daemon.ts';
import { kubeletPods } from '../node/kubelet.ts';
import type { NodeLayout } from '../node/layout.ts';
import { type TestLayout, testLayout } from '../testing/test-layout.ts';
import { down } from './down.ts';
import { listImages, loadImages } from './image.ts';
import { status } from './status.ts';
import { type UpOptions, up } from './up.ts';

const root = join(import.meta.dirname, '../../../..');
const hello = join(root, 'examples/hello.yaml');
const site = join(root, 'examples/site.yaml');
const settings = join(root, 'examples/settings.yaml');
const SIGKILL = 9;

let node: TestLayout | undefined;
let dir = '';
let layout: NodeLayout;

before(async () => {
  node = await testLayout('node', '10.222.12.0/24');
  ({ dir, layout } = node);
});

after(async () => {
  await node?.[Symbol.asyncDispose]();
});

/** Collects what a person would read in a pipe. */
function record() {
  const written: string[] = [];
  return { output: { write: (text: string) => written.push(text) }, text: () => written.join('') };
}

async function runUp(sources: readonly string[], options: Partial<UpOptions> = {}) {
  const { output, text } = record();
  let error: Error | undefined;
  await up(layout, sources, { timeout: 120, try: false, validate: 'strict', ...options }, output).catch(
    (thrown: Error) => {
      error = thrown;
    },
  );
  return { text: text(), error };
}

async function runDown(): Promise<string> {
  const { output, text } = record();
  await down(layout, { timeout: 120 }, output);
  return text();
}

function kill9(name: DaemonName): void {
  const daemon = runningDaemon(layout, name);
  assert.ok(daemon !== undefined, `${name} runs`);
  kill(daemon.pid, SIGKILL);
}

async function assertNothingLeft() {
  for (const name of ['berthd', 'kubelet'] as const) assert.equal(runningDaemon(layout, name), undefined);
  assert.deepEqual(processesNaming(dir), []);
  assert.deepEqual(mountsBelow(dir), []);
  for (const path of [layout.runDir, layout.stateDir, layout.socket]) assert.ok(!existsSync(path), path);
  for (const cgroup of layout.cgroups) assert.ok(!existsSync(join('/sys/fs/cgroup/memory', cgroup)), cgroup);
  assert.deepEqual(await readdir(layout.manifestDir), []);
  assert.deepEqual(await readdir(join(dir, 'cni/results')), []);
  const leases = await readdir(join(dir, 'leases/berthtest-node'));
  assert.deepEqual(
    leases.filter((name) => /^\d/.test(name)),
    [],
  );
}

/** Command lines of other processes that name a path. */
function processesNaming(path: string): string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .map((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
      } catch {
        // It ended while we looked.
        return '';
      }
    })
    .filter((command) => command.includes(path));
}

test('from nothing to a pod that answers, and back to nothing', async () => {
  const { text, error } = await runUp([hello], { try: true });
  assert.equal(error, undefined);
  assert.match(
    text,
    /^ ok {2}berthd {3}.*berth\.sock\n ok {2}kubelet {2}watching .*manifests\n ok {2}image /,
  );
  assert.match(
    text,
    /\n ok {2}pod default\/hello {3}sandbox \d+ ms · image \d+ ms · container \d+ ms {3}Running\n/,
  );
  assert.match(
    text,
    /\nPOD {12}READY {2}STATUS {3}RESTARTS {2}IP +AGE\ndefault\/hello {2}1\/1 {4}Running {2}0 +10\.222\.12\.\d+ +\d+s\n/,
  );
  assert.match(text, /\n\$ curl http:\/\/10\.222\.12\.\d+:8080\nHello from pod hello on node \S+\n\nNext: /);

  const again = await runUp([hello]);
  assert.equal(again.error, undefined);
  assert.match(again.text, /\n ok {2}pod default\/hello {3}Running\n/);

  const shown = record();
  assert.equal(await status(layout, shown.output), true);
  assert.match(shown.text(), /kubelet .* pid \d+\n\nPOD[\s\S]*default\/hello {2}1\/1/);

  assert.match(
    await runDown(),
    / ok {2}pod default\/hello {3}ended\n ok {2}kubelet {2}stopped\n ok {2}berthd {3}stopped\n/,
  );
  await assertNothingLeft();
  const after = record();
  assert.equal(await status(layout, after.output), false);
  assert.match(
    after.text(),
    /FAIL berthd {3}does not answer at .*\nFAIL kubelet {2}does not answer at .*\n\nStart it with: berth up\n/,
  );
  assert.match(await runDown(), /nothing is left running/);
});

test('a pod with its ConfigMap and Secret, in one file or in several', async () => {
  const { text, error } = await runUp([settings], { try: true });
  assert.equal(error, undefined);
  const answer = 'Good morning, alice, from the node (a password of 28 characters)';
  assert.ok(text.includes(`:8080\n${answer}\n`), text);

  const [configMap = '', secret = '', pod = ''] = readFileSync(settings, 'utf8')
    .replaceAll('name: settings', 'name: parts')
    .replaceAll('name: greeting', 'name: greeting2')
    .replaceAll('name: login', 'name: login2')
    .split('---\n');
  const files = { 'a-pod.yaml': pod, 'b.yaml': configMap, 'c.yaml': secret };
  for (const [name, content] of Object.entries(files)) await writeFile(join(dir, name), content);
  const paths = Object.keys(files).map((name) => join(dir, name));
  const parts = await runUp(paths, { try: true });
  assert.equal(parts.error, undefined);
  assert.ok(parts.text.includes(answer), parts.text);
  const installed = await readdir(layout.manifestDir);
  assert.deepEqual(installed, [
    'configmap-default-greeting2.yaml',
    'default-parts.yaml',
    'default-settings.yaml',
    'secret-default-login2.yaml',
  ]);
  for (const name of installed) assert.equal(statSync(join(layout.manifestDir, name)).mode & 0o777, 0o600);

  await writeFile(join(dir, 'c.yaml'), secret.replace('stringData', 'stringdata'));
  const typo = await runUp(paths);
  assert.match(
    typo.error?.message ?? '',
    /c\.yaml: Secret default\/login2: line \d+, column 1: strict decoding error: unknown field "stringdata"/,
  );
  assert.match(await runDown(), / ok {2}pod default\/parts {3}ended\n/);
  await assertNothingLeft();
});

test('a pod with probes, a sidecar and a projected volume, whose text changes while it runs', async () => {
  const { text, error } = await runUp([site], { try: true });
  assert.equal(error, undefined);
  assert.match(text, /:8080\nHello from a ConfigMap\.\n/);
  const [, ip = ''] = /default\/site .* (10\.222\.12\.\d+) /.exec(text) ?? [];
  const changed = join(dir, 'site.yaml');
  await writeFile(changed, readFileSync(site, 'utf8').replace('Hello from a', 'Hello from another'));
  const again = await runUp([changed]);
  assert.equal(again.error, undefined);
  const page = async () => await (await fetch(`http://${ip}:8080/`)).text();
  await until(
    'the page has changed',
    async () => (await page()) === 'Hello from another ConfigMap.\n',
    undefined,
    5000,
  );
  const pods = (await kubeletPods(layout)) ?? [];
  assert.deepEqual(
    pods.map(({ status }) =>
      [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])].map((each) => [
        each.name,
        each.ready,
        each.restartCount,
      ]),
    ),
    [
      [
        ['clock', true, 0],
        ['web', true, 0],
      ],
    ],
  );
  await runDown();
  await assertNothingLeft();
});

test('pods that cannot get ready are told with the reason, and a job that ends is no failure', async () => {
  const pod = (name: string, container: object, spec: object = {}) =>
    JSON.stringify({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name },
      spec: { ...spec, containers: [{ name: 'c', image: demoImage, ...container }] },
    });
  const file = join(dir, 'broken.yaml');
  await writeFile(
    file,
    [
      pod('absent', { image: 'localhost/absent:1', imagePullPolicy: 'Never' }),
      pod('missing', { command: ['/no/such/program'] }),
      pod('job', { command: ['true'] }, { restartPolicy: 'Never' }),
    ].join('\n---\n'),
  );
  const { text, error } = await runUp([file]);
  assert.match(text, /FAIL pod default\/absent .*ErrImageNeverPull/);
  assert.match(text, / ok {2}pod default\/job .*(Running|Completed)/);
  assert.match(
    error?.message ?? '',
    /pod default\/absent: container c: ErrImageNeverPull: .*localhost\/absent:1/,
  );
  assert.match(error?.message ?? '', /pod default\/missing: container c: \w+Error: .*\/no\/such\/program/);
  await writeFile(file, pod('typo', { imagee: 'x' }));
  assert.match((await runUp([file])).error?.message ?? '', /broken\.yaml: pod default\/typo-.*imagee/);
  await runDown();
  await assertNothingLeft();
});

test('after kill -9 of both daemons, up takes up where they were and down leaves nothing', async () => {
  await runUp([hello]);
  kill9('berthd');
  kill9('kubelet');
  const { text, error } = await runUp([hello], { try: true });
  assert.equal(error, undefined);
  assert.match(text, /default\/hello {2}1\/1 {4}Running {2}0 /);
  assert.match(text, /Hello from pod hello/);

  // A kubelet that lost its runtime is unwell, but it is the one there is.
  const kubelet = runningDaemon(layout, 'kubelet');
  kill9('berthd');
  assert.equal((await runUp([hello])).error, undefined);
  assert.deepEqual(runningDaemon(layout, 'kubelet'), kubelet);

  kill9('berthd');
  kill9('kubelet');
  await runDown();
  await assertNothingLeft();
});

for (const umask of [0o000, 0o077]) {
  const name = umask.toString(8).padStart(3, '0');
  test(`another local user cannot read what berth up makes under umask ${name}`, async () => {
    // As an older berth left them.
    await rm(layout.logDir, { recursive: true, force: true });
    await mkdir(layout.logDir);
    await writeFile(join(layout.logDir, 'berthd.log'), '');
    chmodSync(layout.logDir, 0o755);
    chmodSync(join(layout.logDir, 'berthd.log'), 0o644);
    await rm(layout.manifestDir, { recursive: true, force: true });
    chmodSync(dir, 0o755);
    const before = process.umask(umask);
    try {
      assert.equal((await runUp([hello])).error, undefined);
      const mode = (path: string) => (statSync(path).mode & 0o7777).toString(8);
      const { runDir, logDir, stateDir, imageDir, manifestDir, manifestRecord } = layout;
      for (const place of [runDir, logDir, stateDir, imageDir, manifestDir, join(dir, 'kubelet')]) {
        assert.equal(mode(place), '700', place);
        const argv = ['--reuid=65534', '--regid=65534', '--clear-groups', 'find', place, '-mindepth', '1'];
        assert.equal(spawnSync('setpriv', argv, { encoding: 'utf8', cwd: '/' }).stdout, '', place);
      }
      for (const daemon of ['berthd', 'kubelet']) {
        for (const file of [join(runDir, `${daemon}.pid`), join(logDir, `${daemon}.log`)]) {
          assert.equal(mode(file), '600', file);
        }
      }
      assert.equal(mode(manifestRecord), '600');
      assert.deepEqual(
        readdirSync(manifestDir).map((file) => mode(join(manifestDir, file))),
        ['600'],
      );
      assert.equal(mode(layout.socket), '660');
    } finally {
      process.umask(before);
      await runDown();
    }
    await assertNothingLeft();
  });
}

test('127.0.0.1 of the node is closed to others from up to down', async () => {
  await runUp([]);
  assert.ok(hasTable(loopbackTable));
  await runDown();
  assert.ok(!hasTable(loopbackTable));
});

test('images are loaded from a layout and listed', async () => {
  await runUp([]);
  const image = join(dir, 'image');
  await writeDemoImage(image, readFileSync('/bin/busybox'));
  const loaded = record();
  await loadImages(layout, image, loaded.output);
  assert.equal(loaded.text(), `Loaded ${demoImage}\n`);
  const listed = record();
  await listImages(layout, { quiet: false }, listed.output);
  assert.match(listed.text(), /^IMAGE +ID +SIZE\nlocalhost\/berth-demo:1 +[0-9a-f]{13} +\d/);
  await assert.rejects(loadImages(layout, join(dir, 'absent')), /absent: no such file or directory/);
  await writeFile(join(dir, 'text.tar'), 'not an archive');
  await assert.rejects(loadImages(layout, join(dir, 'text.tar')), /text\.tar: /);
  await runDown();
});

test('an image that comes slowly shows how much of it is here', async () => {
  const registry = await startRegistry();
  const front = await meterRegistry(registry.address);
  try {
    const image = join(dir, 'slow-image');
    const layers = [
      busyboxLayer(),
      [{ type: 'file' as const, path: 'big', content: randomBytes(3_000_000) }],
    ];
    await writeOciLayout({
      dir: image,
      name: 'slow',
      layers,
      config: { Env: ['PATH=/bin'] },
      compression: 'none',
    });
    await registry.push(image, 'slow', 'slow', '1');
    front.seen.bytesPerSecond = 2_000_000;
    const file = join(dir, 'slow.json');
    const spec = {
      terminationGracePeriodSeconds: 0,
      containers: [{ name: 'c', image: `${front.address}/slow:1`, command: ['sleep', '3600'] }],
    };
    await writeFile(
      file,
      JSON.stringify({ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'slow' }, spec }),
    );
    const { output, text } = record();
    await up(
      layout,
      [file],
      { timeout: 120, try: false, validate: 'strict' },
      { ...output, isTTY: true, columns: 90 },
    );
    assert.match(text(), /pod default\/slow {3}pulling 127\.0\.0\.1:\d+\/slow:1 [1-4]\.\d\/\d\.\d MB/);
  } finally {
    await front[Symbol.asyncDispose]();
    await registry.stop();
    await runDown();
  }
});

test('a daemon that cannot start is told with the end of its log', async () => {
  const broken = { ...layout, berthdArgs: ['--config', join(dir, 'absent.yaml')] };
  await assert.rejects(up(broken, [], { timeout: 5, try: false, validate: 'strict' }, record().output), {
    message: /^berthd ended with exit code \d+\. The end of .*berthd\.log:\n[\s\S]*absent\.yaml/,
  });
  assert.equal(runningDaemon(layout, 'berthd'), undefined);
});
