import { existsSync } from 'node:fs';

/** Whether this machine's init is systemd, as sd_booted(3) checks. */
export function isSystemdRunning(): boolean {
  return existsSync('/run/systemd/system');
}
