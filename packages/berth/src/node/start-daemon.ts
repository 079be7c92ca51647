// Starts a daemon of this node: by its unit where systemd is to run it, else as a process that outlives the command.
import { execFile } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { messageOf } from '@berth/common/error-message.ts';
import { UserError } from '../errors/user-error.ts';
import { type DaemonName, ensureDaemon, runningDaemon } from './daemon.ts';
import type { NodeLayout } from './layout.ts';
import { isUnitWanted, unitNames } from './units.ts';

const run = promisify(execFile);
const logLines = 12;
const recheckMs = 100;

/**
 * Starts a daemon, unless it runs, and waits until `isReady` returns true.
 * @param args its arguments, when it is no unit: that has arguments of its own
 * @throws UserError with the end of its log when it ends or is not ready in time
 */
export async function startDaemon(
  layout: NodeLayout,
  name: DaemonName,
  args: readonly string[],
  isReady: () => Promise<boolean>,
  timeoutMs: number,
): Promise<void> {
  // The unit of the kubelet brings that of berthd, whose socket a berthd of berth up would have already.
  const isUp = (['berthd', 'kubelet'] as const).some((each) => runningDaemon(layout, each) !== undefined);
  if (isUp || !isUnitWanted(layout, name)) return await ensureDaemon(layout, name, args, isReady, timeoutMs);
  await startUnit(unitNames[name], isReady, timeoutMs);
}

async function startUnit(unit: string, isReady: () => Promise<boolean>, timeoutMs: number): Promise<void> {
  const deadline = Date.now() + timeoutMs;
  try {
    // It returns when the daemon has told that it is ready.
    await run('systemctl', ['start', unit], { timeout: timeoutMs });
    while (!(await isReady())) {
      if (Date.now() > deadline) throw new Error(`it was not ready after ${timeoutMs / 1000} s`);
      // The daemon answers on a socket, and no event tells from when on.
      await delay(recheckMs);
    }
  } catch (error) {
    const journal = ['--unit', unit, '--lines', String(logLines), '--output', 'cat', '--no-pager'];
    const log = await run('journalctl', journal).catch(() => ({ stdout: '' }));
    const end = log.stdout.trimEnd().replaceAll(/^/gm, '  ');
    const reason = messageOf(error).split('\n')[0];
    throw new UserError(
      `systemd did not start ${unit}: ${reason}. The end of journalctl -u ${unit}:\n${end}`,
    );
  }
}
