// `crictl top` against berthd, in a real terminal: tmux at 80x24 and other sizes.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { connectCri } from '@berth/cri/client/client.ts';
import { NamespaceMode } from '@berth/cri/generated/api.ts';
import { layOutBerthd, startBerthd } from '@berth/test-support/berthd.ts';
import { crictl } from '@berth/test-support/crictl.ts';
import { moveHugetlbToV1 } from '@berth/test-support/hugetlb.ts';
import { sandboxConfig } from '@berth/test-support/pods.ts';
import { type Daemon, scratchDir } from '@berth/test-support/scratch.ts';
import { Terminal } from '../testing/terminal.ts';

const dir = scratchDir('crictl-top');
const paths = layOutBerthd(dir.path);
const client = connectCri(paths.socket);
const words = ['-r', `unix://${paths.socket}`, 'top'];
let daemon: Daemon | undefined;
let sandbox = '';

before(async () => {
  moveHugetlbToV1();
  daemon = await startBerthd(paths, dir.path);
  const config = sandboxConfig({ name: 'web', logDir: dir.path, cgroupParent: paths.cgroupParent });
  const namespaceOptions = { network: NamespaceMode.NODE, pid: NamespaceMode.POD };
  const linux = { ...config.linux, securityContext: { namespaceOptions } };
  sandbox = (await client.runtime.runPodSandbox({ config: { ...config, linux } })).podSandboxId;
});

after(async () => {
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
  ['q', (terminal: Terminal) => terminal.type('q')],
  ['Ctrl-C', (terminal: Terminal) => terminal.type('C-c')],
  ['SIGTERM', () => kill('TERM')],
  ['SIGHUP', () => kill('HUP')],
] as const) {
  test(`live at 80x24, resized, and the terminal as before after ${how}`, async () => {
    const script = join(dir.path, 'run.sh');
    writeFileSync(
      script,
      `echo before; stty -g >${dir.path}/stty.before
sh -c 'echo $$ >${dir.path}/pid; exec "$@"' - ${crictl} ${words.join(' ')}
stty -g >${dir.path}/stty.after; cmp ${dir.path}/stty.before ${dir.path}/stty.after && echo same terminal\n`,
    );
    using terminal = new Terminal(dir.path, { columns: 80, rows: 24 }, `sh ${script}`);
    await terminal.shows(/POD +CPU% +MEM[\s\S]*default\/web[\s\S]*q quit/);
    terminal.resize(40, 8);
    await terminal.shows(/^1 pods by cpu\s+POD +CPU% +MEM +RST\n.*web/);
    terminal.type('/', 'n', 'o', 'n', 'e');
    await terminal.shows(/^0 pods by cpu {2}filter: none/);
    terminal.type('Enter');
    await terminal.shows(/q quit/);
    end(terminal);
    await terminal.shows(/^before\s+same terminal/);
  });
}

function kill(signal: string): void {
  spawnSync('sh', ['-c', `kill -${signal} $(cat ${dir.path}/pid)`]);
}
