// crictl exec -it and attach -it in a real terminal: tmux at 80x24, resized, left in every way.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { ContainerState } from '@berth/cri/generated/api.ts';
import { until } from '@berth/test-support/until.ts';
import { StreamRuntime } from '../testing/stream-runtimes.ts';

for (const name of ['berthd', 'containerd'] as const) {
  suite(name, () => {
    let runtime: StreamRuntime;
    let id = '';
    before(async () => {
      runtime = await StreamRuntime.start(name);
      id = await runtime.container('main', 'exec sleep 3600');
    });
    after(() => runtime?.[Symbol.asyncDispose]());

    const path = (file: string) => join(runtime.node.dir, file);
    // A server of its own for each terminal: one that is ending takes the next one's session along.
    let terminals = 0;
    const tmux = (...args: string[]) =>
      spawnSync('tmux', ['-S', path(`tmux${terminals}`), '-f', '/dev/null', ...args], { encoding: 'utf8' });
    const screen = () => tmux('capture-pane', '-p').stdout;
    const shows = (text: RegExp) => until(`the screen shows ${text}`, () => text.test(screen()), screen);
    const type = (...keys: string[]) => tmux('send-keys', ...keys);
    const enter = (line: string) => type(line, 'Enter');
    /** Types a line again and again until its answer is shown. */
    const asks = (line: string, answer: RegExp) => {
      let polls = 0;
      return until(`${line} is answered`, () => {
        if (polls++ % 25 === 0) enter(line);
        return answer.test(screen());
      });
    };
    const signal = (kind: NodeJS.Signals) => process.kill(Number(readFileSync(path('pid'), 'utf8')), kind);

    /** Runs crictl in a terminal, in which its exit code and whether the terminal is as before follow. */
    function open(...args: string[]): Disposable {
      const script = path('run.sh');
      writeFileSync(
        script,
        `stty -g >${path('stty.before')}
sh -c 'echo $$ >${path('pid')}; exec "$@"' - ${runtime.argv(...args).join(' ')}
echo "code $?"; stty -g >${path('stty.after')}
cmp ${path('stty.before')} ${path('stty.after')} && echo same terminal; sleep 60\n`,
      );
      terminals++;
      tmux('new-session', '-d', '-x', '80', '-y', '24', 'sh', script);
      return { [Symbol.dispose]: () => void tmux('kill-server') };
    }

    for (const transport of ['spdy', 'websocket']) {
      test(`exec -it by ${transport}: sizes, Ctrl-C, line feeds, the end`, async () => {
        using _terminal = open('exec', '-it', '-r', transport, id, 'sh');
        await shows(/# *$/m);
        enter('busybox stty size');
        await shows(/^24 80$/m);
        tmux('resize-window', '-x', '100', '-y', '30');
        await asks('busybox stty size', /^30 100$/m);
        // One process of its own group says so and sleeps: between the shell's echo and its fork a Ctrl-C ends neither.
        enter("sh -c 'echo sleeping; exec sleep 100'");
        await shows(/^sleeping$/m);
        type('C-c');
        enter('echo status $?');
        await shows(/^status 130$/m);
        // Without output processing on either side a line feed leaves the column alone.
        enter("busybox stty -opost; printf 'ab\\ncd\\n'; busybox stty opost; echo");
        await shows(/^ab\n {2}cd\n/m);
        enter('exit 7');
        await shows(/command terminated with exit code 7\ncode 1\nsame terminal/);
      });
    }

    // A line that `asks` has typed once more may reach the terminal late, which then echoes it in between.
    const left = /code 0\n[\s\S]*same terminal$/m;
    const interrupted = /interrupted: context canceled\n[\s\S]*code 1\n[\s\S]*same terminal$/m;
    for (const [how, leave, outcome] of [
      ['Ctrl-P Ctrl-Q', () => type('C-p', 'C-p', 'C-q'), left],
      ['SIGTERM', () => signal('SIGTERM'), interrupted],
      ['SIGINT', () => signal('SIGINT'), interrupted],
      ['SIGHUP', () => signal('SIGHUP'), interrupted],
      ['SIGQUIT', () => signal('SIGQUIT'), interrupted],
    ] as const) {
      test(`attach -it, left by ${how}: the terminal as before, the container runs on`, async () => {
        const tty = { stdin: true, tty: true };
        const shell = await runtime.container(
          `shell-${how.toLowerCase().replaceAll(' ', '-')}`,
          'exec sh',
          tty,
        );
        using _terminal = open('attach', '-it', shell);
        await asks('echo $((40 + 2))', /^42$/m);
        leave();
        await shows(outcome);
        const { status } = await runtime.node.client.runtime.containerStatus({ containerId: shell });
        assert.equal(status?.state, ContainerState.CONTAINER_RUNNING);
      });
    }

    test('a terminal that goes takes crictl with it', async () => {
      {
        using _terminal = open('exec', '-it', id, 'sh');
        await shows(/# *$/m);
      }
      const pid = Number(readFileSync(path('pid'), 'utf8'));
      const isGone = () => {
        try {
          process.kill(pid, 0);
          return false;
        } catch {
          return true;
        }
      };
      await until('crictl has ended', isGone);
    });
  });
}
