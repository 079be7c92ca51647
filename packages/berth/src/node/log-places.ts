// Where a user finds the logs of the daemons.
import { existsSync } from 'node:fs';
import { logFile } from './daemon.ts';
import type { NodeLayout } from './layout.ts';
import { isUnitActive, unitNames } from './units.ts';

/** For each daemon the file of its log, or the command that prints it where systemd runs the daemon. */
export function logPlaces(layout: NodeLayout): string[] {
  return (['berthd', 'kubelet'] as const).flatMap((name) => {
    if (isUnitActive(layout, name)) return [`journalctl -u ${unitNames[name].replace('.service', '')}`];
    const file = logFile(layout, name);
    return existsSync(file) ? [file] : [];
  });
}
