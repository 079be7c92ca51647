// `berth restart` without a pod: new daemons for the same pods, after an upgrade or for settings that need it.
import { type DaemonName, runningDaemon, stopDaemon } from '../node/daemon.ts';
import { ensureKubelet } from '../node/kubelet.ts';
import type { NodeLayout } from '../node/layout.ts';
import { requireRoot } from '../node/root.ts';
import { ensureRuntime } from '../node/runtime.ts';
import { isUnitActive, systemctl, unitNames } from '../node/units.ts';
import { formatLine, type Output, paint } from '../terminal/status-lines.ts';

const starters: Readonly<Record<DaemonName, (layout: NodeLayout) => Promise<void>>> = {
  berthd: async (layout) => (await ensureRuntime(layout)).close(),
  kubelet: ensureKubelet,
};

/**
 * Restarts those daemons of Berth that run, started by `berth up` or by systemd. Pods keep running.
 * @throws UserError with the end of a daemon's log when it does not come back
 */
export async function restartDaemons(layout: NodeLayout, output: Output = process.stdout): Promise<void> {
  requireRoot('berth restart');
  const restarted: DaemonName[] = [];
  for (const name of ['berthd', 'kubelet'] as const) {
    if (runningDaemon(layout, name) !== undefined) {
      await stopDaemon(layout, name);
      await starters[name](layout);
    } else if (isUnitActive(layout, name)) systemctl('restart', unitNames[name]);
    else continue;
    restarted.push(name);
    output.write(`${paint(formatLine('ok', `${name.padEnd(8)} restarted; pods kept running`), output)}\n`);
  }
  if (restarted.length === 0) output.write('The node does not run. Start it with: berth up\n');
}
