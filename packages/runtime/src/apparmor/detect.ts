import { readFileSync } from 'node:fs';
import { hasCode } from '@berth/common/error-code.ts';

/** Whether the kernel has AppArmor enabled, and its loaded profiles. */
export interface AppArmorSupport {
  enabled: boolean;
  /** Names of the profiles that the kernel has loaded. */
  loaded: readonly string[];
}

/** Reads AppArmor's state and the profiles that are loaded now. */
export function readAppArmor(): AppArmorSupport {
  const enabled = read('/sys/module/apparmor/parameters/enabled')?.trim() === 'Y';
  const profiles = enabled ? (read('/sys/kernel/security/apparmor/profiles') ?? '') : '';
  return { enabled, loaded: parseAppArmorProfiles(profiles) };
}

/** Names in the kernel's list of profiles, whose lines are `NAME (MODE)`. */
export function parseAppArmorProfiles(text: string): string[] {
  return text.split('\n').flatMap((line) => /^(.+) \(\w+\)$/.exec(line)?.[1] ?? []);
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'EACCES')) return undefined;
    throw error;
  }
}
