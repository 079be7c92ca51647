// `crictl pull` of three layers from a slow registry: bars in a terminal of any size, a line elsewhere.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { writeOciLayout } from '@berth/oci/archive/layout-writer.ts';
import { type MeteredRegistry, meterRegistry } from '@berth/oci/testing/metered-registry.ts';
import { crictl } from '@berth/test-support/crictl.ts';
import { startRegistry, type TestRegistry } from '@berth/test-support/image-registry.ts';
import { CrictlNode } from '../testing/crictl-node.ts';
import { Terminal } from '../testing/terminal.ts';

const layerBytes = 3_000_000;
let node: CrictlNode;
let registry: TestRegistry;
let front: MeteredRegistry;

before(async () => {
  node = await CrictlNode.start('pullbars');
  registry = await startRegistry();
  front = await meterRegistry(registry.address);
});
after(async () => {
  await front?.[Symbol.asyncDispose]();
  await registry?.stop();
  await node?.[Symbol.asyncDispose]();
});

/** Pushes an image of three layers that nobody has; gives back its name. */
async function newImage(name: string): Promise<string> {
  const dir = join(node.node.dir, name);
  const content = () => [{ type: 'file' as const, path: 'big', content: randomBytes(layerBytes) }];
  await writeOciLayout({
    dir,
    name,
    compression: 'none',
    layers: [content(), content(), content()],
    config: {},
  });
  await registry.push(dir, name, name, '1');
  return `${front.address}/${name}:1`;
}

function pullIn(columns: number, rows: number, image: string): Terminal {
  const words = [crictl, ...node.words, 'pull', image];
  return new Terminal(node.node.dir, { columns, rows }, `echo before; ${words.join(' ')}; echo exit $?`);
}

const names = '(?:[0-9a-f]{12} ';

test('at 80x24 each layer has a bar, and is done at the end', async () => {
  front.seen.bytesPerSecond = 1_500_000;
  using terminal = pullIn(80, 24, await newImage('wide'));
  const bar = '\\[=*>? *\\] [\\d.]+/3.0 MB\\n';
  await terminal.shows(new RegExp(`^before\\n${names}downloading ${bar}){3}\\n`));
  front.seen.bytesPerSecond = Number.POSITIVE_INFINITY;
  await terminal.shows(
    new RegExp(`^before\\n${names}done\\n){3}Image is up to date for sha256:[0-9a-f\\n]{64,66}exit 0\\n`),
  );
});

test('wider and narrower on the way nothing of the bars is left over', async () => {
  front.seen.bytesPerSecond = 300_000;
  using terminal = pullIn(60, 24, await newImage('resized'));
  // A bar that is drawn while tmux breaks lines and has not told of it yet leaves some of them: let nothing come on.
  await terminal.shows(/ [1-9][\d.]*\/3.0 MB| 0\.[1-9]\/3.0 MB/);
  front.seen.bytesPerSecond = 0;
  // Until what was sent before has been drawn: tmux does not tell.
  await setTimeout(300);
  await terminal.shows(new RegExp(`^before\\n${names}downloading \\[.{21}\\].*MB\\n){3}\\n`));
  terminal.resize(100, 24);
  await terminal.shows(new RegExp(`^before\\n${names}downloading \\[.{24}\\].*MB\\n){3}\\n`));
  // What was before may leave the screen as tmux breaks the lines that are too long now.
  terminal.resize(40, 24);
  await terminal.shows(new RegExp(`^(?:before\\n)?${names}downloading [\\d.]+/3.0 MB\\n){3}\\n`));
  terminal.resize(20, 24);
  await terminal.shows(new RegExp(`^(?:before\\n)?${names}\\d+%\\n){3}\\n`));
  front.seen.bytesPerSecond = Number.POSITIVE_INFINITY;
  await terminal.shows(new RegExp(`^(?:before\\n)?${names}done\\n){3}Image is up to[\\s\\S]*exit 0\\n`));
});

test('Ctrl-C ends it, and fewer rows than layers show those that come on', async () => {
  front.seen.bytesPerSecond = 300_000;
  using terminal = pullIn(80, 4, await newImage('short'));
  await terminal.shows(new RegExp(`${names}downloading \\[.*MB\\n){2}\\n$`));
  terminal.type('C-c');
  await terminal.shows(/exit 1/);
  front.seen.bytesPerSecond = Number.POSITIVE_INFINITY;
});

test('in a pipe there is one line', async () => {
  // The registry is in this process, which must not wait.
  const { code, out, err } = await node.run([...node.words, 'pull', await newImage('piped')]);
  assert.match(out, /^Image is up to date for sha256:[0-9a-f]{64}\n$/, err);
  assert.equal(code, 0);
});

test('an image that is nowhere: bars of none, and the closest names', async () => {
  using terminal = pullIn(120, 24, `${front.address}/busybox:1`);
  const screen = await terminal.shows(/exit 1/);
  assert.match(screen, /^before\nFATA/);
  assert.match(screen, /\nhint: did you mean localhost\/berth-test\/busybox:1\?\nexit 1/);
});

test("a pod's image is part of its trace", async () => {
  const image = await newImage('traced');
  const pod = await node.pod('shop/traced');
  await node.pull(pod, image);
  await node.container(pod, 'app', 'sleep 3600');
  const { calls } = JSON.parse(node.crictl('trace', '-o', 'json', 'traced').out);
  const [, pull] = calls;
  assert.deepEqual([pull.name, pull.subject], ['PullImage', image]);
  assert.deepEqual(
    pull.steps.map(({ name }: { name: string }) => name),
    ['unpack', 'unpack', 'unpack'],
  );
});
