// The units of both daemons, where systemd is this machine's init, by its own command.
import { spawnSync } from 'node:child_process';
import { Systemd } from '@berth/linux/systemd/systemd.ts';
import { UserError } from '../errors/user-error.ts';
import type { DaemonName } from './daemon.ts';
import type { NodeLayout } from './layout.ts';

type Layout = Pick<NodeLayout, 'usesUnits'>;

/** The unit of each daemon. kubelet.service would be the one of other packages. */
export const unitNames: Readonly<Record<DaemonName, string>> = {
  berthd: 'berthd.service',
  kubelet: 'berth-kubelet.service',
};

/**
 * Runs systemctl.
 * @throws UserError with what it says when it fails
 */
export function systemctl(...args: string[]): void {
  const { status, stderr, error } = spawnSync('systemctl', args, { encoding: 'utf8' });
  if (status !== 0) {
    const reason = error?.message ?? stderr.trim();
    throw new UserError(`systemctl ${args.join(' ')} failed: ${reason}`);
  }
}

/** Whether systemd runs a daemon of Berth. */
export function isUnitActive({ usesUnits }: Layout, name: DaemonName): boolean {
  return usesUnits && query('is-active', unitNames[name]) === 'active';
}

/** Whether systemd is to run a daemon of Berth: its unit starts at boot, or has been started, if only to fail. */
export function isUnitWanted({ usesUnits }: Layout, name: DaemonName): boolean {
  if (!usesUnits) return false;
  const unit = unitNames[name];
  return (
    ['enabled', 'enabled-runtime'].includes(query('is-enabled', unit)) ||
    ['active', 'activating', 'reloading'].includes(query('is-active', unit))
  );
}

/**
 * Stops a daemon that systemd runs.
 * @returns false when it runs none
 */
export function stopUnit(layout: Layout, name: DaemonName): boolean {
  if (!isUnitActive(layout, name)) return false;
  systemctl('stop', unitNames[name]);
  return true;
}

/** Ends the slices that the systemd driver made for pods, which are empty once no pod is left. */
export async function stopSlices(): Promise<void> {
  const systemd = new Systemd();
  try {
    for (const slice of ['kubepods.slice', 'berth.slice']) await systemd.stopUnit(slice);
  } finally {
    systemd.close();
  }
}

function query(verb: string, unit: string): string {
  return spawnSync('systemctl', [verb, unit], { encoding: 'utf8' }).stdout?.trim() ?? '';
}
