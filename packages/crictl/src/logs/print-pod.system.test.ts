// `crictl logs POD` against berthd: three containers together, their restarts and rotation, and in a terminal.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { renameSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { crictl } from '@berth/test-support/crictl.ts';
import { until } from '@berth/test-support/until.ts';
import { CrictlNode } from '../testing/crictl-node.ts';
import { Terminal } from '../testing/terminal.ts';

let node: CrictlNode;
let pod = '';
const ids: Record<string, string> = {};

/** Writes a line now, then one for each file `/tmp/NAME` that appears. */
const onDemand = (first: string) =>
  `echo ${first}; i=0; while :; do if [ -e /tmp/say$i ]; then cat /tmp/say$i; i=$((i+1)); fi; [ -e /tmp/end ] && exit 0; sleep 0.05; done`;

before(async () => {
  node = await CrictlNode.start('podlogs');
  pod = await node.pod('shop/web');
  for (const name of ['init', 'app', 'side']) {
    const script = name === 'init' ? 'echo preparing; echo trouble >&2' : onDemand(`${name} is up`);
    ids[name] = await node.container(pod, name, script);
    await until('the container has logged', () => node.crictl('logs', ids[name] ?? '').out !== '');
  }
});
after(() => node?.[Symbol.asyncDispose]());

const said = new Map<string, number>();
/** Has a container write `text`, and waits until its log has it. */
async function say(name: string, text: string): Promise<void> {
  const count = said.get(name) ?? 0;
  said.set(name, count + 1);
  await exec(name, `echo '${text}' >/tmp/.new; mv /tmp/.new /tmp/say${count}`);
}

async function exec(name: string, script: string): Promise<void> {
  const cmd = ['/bin/sh', '-c', script];
  await node.node.client.runtime.execSync({ containerId: ids[name] ?? '', cmd, timeout: 10n });
}

const logs = (...args: string[]) => node.crictl('logs', ...args);

test('all containers by time, each line behind its name', async () => {
  const { out, err, code } = logs('shop/web');
  assert.equal(out, 'init | preparing\napp  | app is up\nside | side is up');
  assert.equal(err, 'init | trouble\n');
  assert.equal(code, 0);
  await say('side', 'one');
  await until('it is logged', () => logs('web/side').out.endsWith('one'));
  await say('app', 'two');
  await until('it is logged', () => logs('web/app').out.endsWith('two'));
  assert.equal(logs(pod).out, logs('web').out, 'by id as by name');
  assert.equal(logs('web', '--tail', '2').out, 'side | one\napp  | two');
  assert.equal(logs('web', '--tail', '0').out, '');
  assert.equal(logs('web', '-s', 'stderr').out, '');
  assert.match(logs('web', '--tail', '1', '-t').out, /^app {2}\| \d{4}-\d\d-\d\dT[\d:.]{18}\S+ two$/);
  assert.equal(logs('web', '--since', '2100-01-01').out, '');
  assert.equal(logs('web', '--limit-bytes', '8').out, 'init | p');
  assert.equal(logs('web/app').out, 'app is up\ntwo');
  assert.match(logs('web', '-p').err, /previous terminated container .* not found/);
  assert.match(logs('web', '-p', '-f').err, /--previous and --follow are mutually exclusive for a pod/);
  assert.match(logs('none').err, /code = NotFound/);
});

test('followed over rotation, new attempts and new containers, until the pod stops', async () => {
  const words = [...node.words, 'logs', '-f', '--tail', '1', 'web'];
  const child = spawn(crictl, words, { stdio: ['ignore', 'pipe', 'inherit'] });
  let out = '';
  child.stdout.on('data', (chunk: Buffer) => {
    out += chunk.toString();
  });
  const shows = (text: string) =>
    until(
      text,
      () => out.includes(text),
      () => out,
    );
  await shows('app  | two\n');
  await say('app', 'before rotation');
  await shows('app  | before rotation\n');
  const { status } = await node.node.client.runtime.containerStatus({ containerId: ids.app ?? '' });
  const path = status?.logPath ?? '';
  renameSync(path, `${path}.20260102-030405`);
  await node.node.client.runtime.reopenContainerLog({ containerId: ids.app ?? '' });
  await say('app', 'after rotation');
  await shows('app  | after rotation\n');

  await exec('app', 'touch /tmp/end');
  said.delete('app');
  ids.app = await node.container(pod, 'app', onDemand('second attempt'), 1);
  await shows('app  | second attempt\n');
  assert.equal(logs('web', '-p').out, 'app | after rotation');
  await node.container(pod, 'newcomer', 'printf unfinished; exit 3');
  await shows('newcomer | unfinished\n');
  await say('side', 'last words');
  await shows('side     | last words\n');

  const ended = once(child, 'exit');
  await node.node.client.runtime.stopPodSandbox({ podSandboxId: pod });
  assert.deepEqual(await ended, [0, null]);
  assert.equal(out.split('\n').filter((line) => line.startsWith('app')).length, 4);
});

test('in a terminal at 80x24 names have colours, and Ctrl-C ends it', async () => {
  const second = await node.pod('shop/live');
  for (const name of ['a', 'b', 'c']) await node.container(second, name, `echo from ${name}; sleep 3600`);
  const words = [crictl, ...node.words, 'logs', '-f', 'shop/live'];
  using terminal = new Terminal(
    node.node.dir,
    { columns: 80, rows: 24 },
    `${words.join(' ')}; echo ended $?`,
  );
  await terminal.shows(/a \| from a\nb \| from b\nc \| from c/);
  assert.match(terminal.screen({ coloured: true }), /ESC\[36ma \|.*\n.*ESC\[33mb \|.*\n.*ESC\[32mc \|/);
  terminal.resize(30, 6);
  terminal.type('C-c');
  await terminal.shows(/ended \d/);
});
