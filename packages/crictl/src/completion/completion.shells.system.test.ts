// The completion of crictl in real shells: keys go to them through tmux.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { crictl } from '@berth/test-support/crictl.ts';
import { scratchDir } from '@berth/test-support/scratch.ts';
import { until } from '@berth/test-support/until.ts';
import { CrictlNode } from '../testing/crictl-node.ts';

const dir = scratchDir('crictl-tab');
let node: CrictlNode;

const tmux = (...args: string[]) =>
  spawnSync('tmux', ['-S', join(dir.path, 'tmux'), '-f', '/dev/null', ...args], { encoding: 'utf8' });
let shell = '';
const screen = () => tmux('capture-pane', '-p', '-t', `${shell}:`).stdout;
const keys = (...names: string[]) => tmux('send-keys', '-t', `${shell}:`, ...names);

const literally = (text: string) => new RegExp(text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));

async function shows(text: RegExp, what: string): Promise<void> {
  await until(what, () => text.test(screen()), screen);
}

before(async () => {
  node = await CrictlNode.start('crictltab');
  await node.container(await node.pod('default/web'), 'main', 'sleep 3600');
  await node.container(await node.pod('kube-system/dns'), 'server', 'sleep 3600');
  const config = join(dir.path, 'crictl.yaml');
  writeFileSync(config, `runtime-endpoint: unix://${node.node.socket}\n`);
  writeFileSync(join(dir.path, 'pod-config.json'), '{}');
  symlinkSync(crictl, join(dir.path, 'crictl'));
  const env = { PATH: `${dir.path}:/usr/bin:/bin`, HOME: dir.path, CRI_CONFIG_FILE: config };
  for (const [name, value] of Object.entries(env)) process.env[name] = value;
  // A server without sessions ends, which the next session would race with.
  tmux('new-session', '-d', '-s', 'stays', 'sleep 600');
});

after(async () => {
  tmux('kill-server');
  await node?.[Symbol.asyncDispose]();
  dir[Symbol.dispose]();
});

const shells: [string, string, string][] = [
  ['bash', 'bash --norc --noprofile', 'source <(crictl completion bash)'],
  ['zsh', 'zsh -f', 'autoload -U compinit; compinit -u; source <(crictl completion zsh)'],
  ['fish', 'fish --private', 'crictl completion fish | source'],
];

/** What is typed before Tab, and what the line has then. */
const lines: [string, string][] = [
  ['runtime', 'runtime-config '],
  ['help runtime', 'help runtime-config '],
  ['ps --no', 'ps --no-trunc '],
  ['ps -o y', 'ps -o yaml '],
  ['ps --output=y', 'ps --output=yaml '],
  ['statsp w', 'statsp web '],
  ['statsp kube-system/', 'statsp kube-system/dns '],
  ['inspect web/', 'inspect web/main '],
  ['logs kube-system/dns/', 'logs kube-system/dns/server '],
  ['stats -p web dns/', 'stats -p web dns/server '],
  ['inspecti localhost/berth-test/b', 'inspecti localhost/berth-test/busybox:1 '],
  ['inspecti localhost/berth-test/busybox:', 'inspecti localhost/berth-test/busybox:1 '],
  ['runp jso', 'runp jsonschema '],
  ['create jsons', 'create jsonschema '],
  ['runp ./pod', 'runp ./pod-config.json '],
];

for (const [program, command, source] of shells) {
  const isMissing = spawnSync('which', [program]).status !== 0;
  const name = isMissing ? `${program} is not installed here` : `${program} completes`;
  test(name, { skip: isMissing, timeout: 600_000 }, async () => {
    shell = program;
    tmux('new-session', '-d', '-s', shell, '-x', '150', '-y', '40', '-c', dir.path, command);
    try {
      keys('-l', source);
      keys('Enter');
      keys('-l', 'echo re""ady');
      keys('Enter');
      await shows(/^ready$/m, `${shell} starts`);
      for (const [typed, expected] of lines) {
        keys('C-l');
        keys('-l', `crictl ${typed}`);
        keys('Tab');
        await shows(literally(`crictl ${expected.trimEnd()}`), `${shell}: ${typed}`);
        // Typed behind it, this shows that there is a blank.
        keys('-l', 'x');
        await shows(literally(`crictl ${expected}x`), `${shell}: ${typed}`);
        keys('C-u');
      }
      keys('C-l');
      keys('-l', 'crictl inspec');
      // The first completes to what all have in common; bash wants two more to list them.
      keys(...(shell === 'bash' ? ['Tab', 'Tab', 'Tab'] : ['Tab', 'Tab']));
      await shows(/inspect[^ip][\s\S]*inspecti[\s\S]*inspectp/, `${shell} lists`);
    } finally {
      tmux('kill-session', '-t', shell);
    }
  });
}

test('the words before the cursor name the runtime, and what fails completes nothing', () => {
  const complete = (...words: string[]) => {
    const args = ['__complete', '--', 'crictl', ...words];
    const env = { PATH: process.env['PATH'] };
    const { status, stdout } = spawnSync(crictl, args, { encoding: 'utf8', env });
    return [status, stdout.replace(/\t.*/g, '')];
  };
  const endpoint = `unix://${node.node.socket}`;
  assert.deepEqual(complete('-r', endpoint, 'statsp', ''), [0, 'dns\nweb\n']);
  const both = complete('-r', endpoint, 'logs', '');
  assert.deepEqual(both, [0, 'dns\ndns/server\nweb\nweb/main\n']);
  assert.deepEqual(complete('-r', 'unix:///nope', 'statsp', ''), [1, '']);
  assert.deepEqual(complete('logs', '--stream='), [0, '--stream=stdout\n--stream=stderr\n']);
  assert.deepEqual(complete('runp', ''), [0, ':files\n']);
});
