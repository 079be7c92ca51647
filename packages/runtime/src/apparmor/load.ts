// Loads the default AppArmor profile with apparmor_parser. daemon.ts calls it once at start.

import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { startProcess } from '@berth/linux/processes/spawn.ts';
import { OutputPipe } from '@berth/linux/streams/output-pipe.ts';
import { findProgram } from '../host/programs.ts';
import type { Logger } from '../logging/log.ts';
import { messageWithCauses } from '../rpc/errors.ts';
import { defaultAppArmorProfile, defaultProfileText, optionalParts } from './default-profile.ts';
import type { AppArmorSupport } from './detect.ts';

const profileDir = '/etc/apparmor.d';

/** Text of the default profile, with the optional parts that this host's /etc/apparmor.d has. */
export function hostProfileText(): string {
  return defaultProfileText({ present: optionalParts.filter((part) => existsSync(join(profileDir, part))) });
}

/**
 * Loads the default profile into a kernel with AppArmor, unless a profile of that name is loaded, which may be an
 * administrator's own. A failure is only logged: containers then run as on a node without AppArmor, except those that
 * ask for the default by name, which are refused.
 */
export async function loadDefaultProfile(
  { enabled, loaded }: AppArmorSupport,
  { stateDir, log }: { stateDir: string; log: Logger },
): Promise<void> {
  if (!enabled || loaded.includes(defaultAppArmorProfile)) return;
  const file = join(stateDir, 'apparmor-profile');
  try {
    writeFileSync(file, hostProfileText(), { mode: 0o600 });
    // Skip the parser's cache: its directory may not be writable.
    await parseProfile(['--add', '--skip-cache', file]);
    log.info(`Loaded AppArmor profile ${defaultAppArmorProfile}`);
  } catch (error) {
    log.warning(
      `AppArmor profile ${defaultAppArmorProfile} could not be loaded: ${messageWithCauses(error)}`,
    );
  } finally {
    rmSync(file, { force: true });
  }
}

/** Runs apparmor_parser; rejects with its output when it fails. */
export async function parseProfile(args: readonly string[]): Promise<void> {
  const path = findProgram('apparmor_parser', 'the loader of AppArmor profiles (package apparmor)');
  const { exited, output } = launch(path, args);
  const [{ code, signal }, said] = await Promise.all([exited, text(output)]);
  if (code !== 0) throw new Error(said.trim() || `${path} ended with ${signal ?? `exit code ${code}`}`);
}

function launch(path: string, args: readonly string[]) {
  using pipe = new OutputPipe();
  const descriptors = ['null' as const, pipe.writeEnd, pipe.writeEnd];
  const { exited } = startProcess({ path, args, env: process.env, descriptors });
  return { exited, output: pipe.output };
}
