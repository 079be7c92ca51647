import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { closeSync, constants, mkdirSync, mkdtempSync, openSync, readSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { until } from '@berth/test-support/until.ts';
import { membership } from './membership.ts';
import { RcuGracePeriod } from './rcu-grace-period.ts';

test('the process writes itself into its own cgroup, once for all moves that are expected at a time', async () => {
  const root = mkdtempSync(join(tmpdir(), 'own-move-'));
  try {
    const [[controller, path] = ['', '']] = membership(process.pid) ?? [];
    mkdirSync(join(root, path), { recursive: true });
    // A FIFO keeps each write apart; a file would have the same text after one and after many.
    const fifo = join(root, path, 'cgroup.procs');
    execFileSync('mkfifo', [fifo]);
    const descriptor = openSync(fifo, constants.O_RDWR | constants.O_NONBLOCK);
    let written = '';
    const moves = (count: number) =>
      until(
        `it has moved ${count} times`,
        () => {
          written += drain(descriptor);
          return written.length >= count * String(process.pid).length;
        },
        () => written,
      );
    const rcuGracePeriod = new RcuGracePeriod(root, controller);
    const first = rcuGracePeriod.start();
    await moves(1);
    const second = rcuGracePeriod.start();
    first[Symbol.dispose]();
    const third = rcuGracePeriod.start();
    second[Symbol.dispose]();
    third[Symbol.dispose]();
    // The third move of all, if one of those above had been made, would be there before or with this one.
    rcuGracePeriod.start();
    await moves(2);
    assert.equal(written + drain(descriptor), String(process.pid).repeat(2));
    closeSync(descriptor);
  } finally {
    rmSync(root, { recursive: true });
  }
});

test('a cgroup that cannot be found is no error', () => {
  // A process ends only when its writes have, and with another code when one that failed was not handled.
  const program = `
    import { RcuGracePeriod } from ${JSON.stringify(new URL('./rcu-grace-period.ts', import.meta.url).href)};
    new RcuGracePeriod('/nowhere', process.argv[1]).start();
    new RcuGracePeriod('/nowhere', 'no controller').start();
    console.log('expected');`;
  const [controller = ''] = [...(membership(process.pid)?.keys() ?? [])];
  const argv = ['--input-type=module', '-e', program, controller];
  const { status, stdout, stderr } = spawnSync(process.execPath, argv, { encoding: 'utf8' });
  assert.deepEqual([status, stdout], [0, 'expected\n'], stderr);
});

function drain(descriptor: number): string {
  const buffer = Buffer.alloc(1024);
  try {
    return buffer.toString('utf8', 0, readSync(descriptor, buffer));
  } catch (error) {
    // Nothing is there yet.
    assert.equal((error as NodeJS.ErrnoException).code, 'EAGAIN');
    return '';
  }
}
