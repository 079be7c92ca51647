// `berth enable` and `berth disable`: whether the node starts at boot.
import { join } from 'node:path';
import { isSystemdRunning } from '@berth/linux/systemd/running.ts';
import { UserError } from '../errors/user-error.ts';
import { runningDaemon } from '../node/daemon.ts';
import type { NodeLayout } from '../node/layout.ts';
import { requireRoot } from '../node/root.ts';
import { systemctl, unitNames } from '../node/units.ts';
import { installUnits } from '../service/unit-files.ts';
import { formatLine, type Output, paint } from '../terminal/status-lines.ts';

const units = Object.values(unitNames);

/**
 * Has systemd start the node at boot; with `now` at once too.
 * @throws UserError that says what to do where the init is another one
 */
export function enable(layout: NodeLayout, { now }: { now: boolean }, output: Output = process.stdout): void {
  requireRoot('berth enable');
  requireSystemd('start the node at boot', `run at boot, as root: ${join(layout.binDir, 'berth')} up`);
  const isUp = (['berthd', 'kubelet'] as const).some((name) => runningDaemon(layout, name) !== undefined);
  if (now && isUp) {
    throw new UserError(
      'the node runs already, started by berth up; for systemd to run it: berth down, then berth enable --now',
    );
  }
  installUnits(layout.binDir);
  systemctl('daemon-reload');
  systemctl('enable', '--quiet', ...(now ? ['--now'] : []), ...units);
  output.write(`${paint(formatLine('ok', `the node starts at boot (${units.join(', ')})`), output)}\n`);
  if (now)
    output.write(
      `${paint(formatLine('ok', 'and runs now: berth status, journalctl -u berth-kubelet'), output)}\n`,
    );
}

/** Has systemd not start the node at boot. A node that runs goes on. */
export function disable(layout: NodeLayout, output: Output = process.stdout): void {
  requireRoot('berth disable');
  requireSystemd('know what starts at boot', `remove ${join(layout.binDir, 'berth')} up from what it runs`);
  systemctl('disable', '--quiet', ...units);
  output.write(
    `${paint(formatLine('ok', 'the node does not start at boot; berth down stops it now'), output)}\n`,
  );
}

function requireSystemd(what: string, advice: string): void {
  if (isSystemdRunning()) return;
  throw new UserError(
    `this machine's init is not systemd, so berth cannot ${what}.\nWith another init: ${advice}`,
  );
}
