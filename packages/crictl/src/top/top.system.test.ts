// `crictl top` against berthd, in a real terminal: tmux at 80x24 and other sizes.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { connectCri } from '@berth/cri/client.ts';
import { NamespaceMode } from '@berth/cri/generated/api.ts';
import { layOutBerthd, startBerthd } from '../../../../test/support/berthd.ts';
import { crictl } from '../../../../test/support/crictl.ts';
import { moveHugetlbToV1 } from '../../../../test/support/hugetlb.ts';
import { sandboxConfig } from '../../../../test/support/pods.ts';
import { type Daemon, scratchDir } from '../../../../test/support/scratch.ts';

const dir = scratchDir('crictl-top');
const paths = layOutBerthd(dir.path);
const client = connectCri(paths.socket);
const words = ['-r', `unix://${paths.socket}`, 'top'];
let daemon: Daemon | undefined;
let sandbox = '';

const tmux = (...args: string[]) =>
  spawnSync('tmux', ['-S', join(dir.path, 'tmux'), '-f', '/dev/null', ...args], { encoding: 'utf8' });
const screen = () => tmux('capture-pane', '-p').stdout;

async function shows(text: RegExp): Promise<void> {
  for (let attempt = 0; attempt < 150; attempt++) {
    if (text.test(screen())) return;
    await setTimeout(100);
  }
  assert.match(screen(), text);
}

before(async () => {
  moveHugetlbToV1();
  daemon = await startBerthd(paths, dir.path);
  const config = sandboxConfig({ name: 'web', logDir: dir.path, cgroupParent: paths.cgroupParent });
  const namespaceOptions = { network: NamespaceMode.NODE, pid: NamespaceMode.POD };
  const linux = { ...config.linux, securityContext: { namespaceOptions } };
  sandbox = (await client.runtime.runPodSandbox({ config: { ...config, linux } })).podSandboxId;
});

after(async () => {
  tmux('kill-server');
  if (sandbox !== '') await client.runtime.removePodSandbox({ podSandboxId: sandbox });
  client.close();
  await daemon?.stop();
  dir[Symbol.dispose]();
});

test('in a pipe it prints one plain table', () => {
  const { stdout, stderr } = spawnSync(crictl, [...words, '-d', '200ms'], {
    encoding: 'utf8',
  });
  assert.match(stdout, /^POD +CPU% .*\ndefault\/web +\d+\.\d +[\d.]+[BKM]/, stderr);
  assert.equal(stdout.includes('\x1b'), false);
});

for (const [how, end] of [
  ['q', () => tmux('send-keys', 'q')],
  ['Ctrl-C', () => tmux('send-keys', 'C-c')],
  ['SIGTERM', () => spawnSync('sh', ['-c', `kill -TERM $(cat ${dir.path}/pid)`])],
  ['SIGHUP', () => spawnSync('sh', ['-c', `kill -HUP $(cat ${dir.path}/pid)`])],
] as const) {
  test(`live at 80x24, resized, and the terminal as before after ${how}`, async () => {
    const script = join(dir.path, 'run.sh');
    writeFileSync(
      script,
      `echo before; stty -g >${dir.path}/stty.before
sh -c 'echo $$ >${dir.path}/pid; exec "$@"' - ${crictl} ${words.join(' ')}
stty -g >${dir.path}/stty.after; cmp ${dir.path}/stty.before ${dir.path}/stty.after && echo same terminal; sleep 60\n`,
    );
    tmux('new-session', '-d', '-x', '80', '-y', '24', 'sh', script);
    try {
      await shows(/POD +CPU% +MEM[\s\S]*default\/web[\s\S]*q quit/);
      tmux('resize-window', '-x', '40', '-y', '8');
      await shows(/^1 pods by cpu\s+POD +CPU% +MEM +RST\n.*web/);
      tmux('send-keys', '/', 'n', 'o', 'n', 'e');
      await shows(/^0 pods by cpu {2}filter: none/);
      tmux('send-keys', 'Enter');
      await shows(/q quit/);
      end();
      await shows(/^before\s+same terminal/);
    } finally {
      tmux('kill-server');
    }
  });
}
