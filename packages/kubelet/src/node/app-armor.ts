// Whether the kernel enforces AppArmor.
import { existsSync, readFileSync } from 'node:fs';

/** Reads it from securityfs and the module's parameter. */
export function isAppArmorEnabled(): boolean {
  const parameter = '/sys/module/apparmor/parameters/enabled';
  return (
    existsSync('/sys/kernel/security/apparmor') &&
    existsSync(parameter) &&
    readFileSync(parameter, 'utf8').startsWith('Y')
  );
}
