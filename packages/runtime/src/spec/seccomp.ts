// Chooses the seccomp filter of a container: none, the default, or the profile that the request names.

import type { LinuxContainerSecurityContext } from '@berth/cri/generated/api.ts';
import type { LinuxSeccomp } from '@berth/oci/runtime-spec/config.ts';
import { invalid } from '../rpc/errors.ts';
import type { Warn } from '../rpc/warn.ts';
import { defaultSeccompProfile } from './seccomp-default.ts';
import { applySeccompProfile, type SeccompProfile } from './seccomp-profile.ts';
import { profileChoice } from './security-profile.ts';

const profileField = 'config.linux.security_context.seccomp';

/** The seccomp profile that a request selects. */
export type SeccompChoice =
  | { kind: 'unconfined' }
  | { kind: 'default' }
  | { kind: 'localhost'; path: string };

/**
 * Reads the request's seccomp setting, or the older `seccomp_profile_path`. Without either it is unconfined, as in
 * containerd; a privileged container is always unconfined.
 */
export function seccompChoice(security: LinuxContainerSecurityContext | undefined): SeccompChoice {
  if (security === undefined || security.privileged) return { kind: 'unconfined' };
  if (security.seccomp === undefined) return legacyChoice(security.seccompProfilePath);
  const choice = profileChoice(security.seccomp, profileField);
  return choice.kind === 'localhost' ? localhost(choice.reference, `${profileField}.localhost_ref`) : choice;
}

function legacyChoice(profile: string): SeccompChoice {
  if (profile === '' || profile === 'unconfined') return { kind: 'unconfined' };
  if (profile === 'runtime/default' || profile === 'docker/default') return { kind: 'default' };
  const field = 'config.linux.security_context.seccomp_profile_path';
  if (profile.startsWith('localhost/')) return localhost(profile.slice('localhost/'.length), field);
  throw invalid(
    field,
    `${JSON.stringify(profile)} is none of unconfined, runtime/default and localhost/PATH`,
  );
}

function localhost(reference: string, field: string): SeccompChoice {
  // The prefix belongs to the older field; containerd accepts it here too.
  const path = reference.replace(/^localhost\//, '');
  if (!path.startsWith('/'))
    throw invalid(field, `${JSON.stringify(path)} is not an absolute path of a profile`);
  return { kind: 'localhost', path };
}

/** The filter of config.json; undefined when there is none. */
export function seccompFilter(options: {
  security: LinuxContainerSecurityContext | undefined;
  arch: string;
  kernel: string;
  /** Whether the kernel supports seccomp filters. */
  enabled: boolean;
  /** The container's bounding set. */
  capabilities: readonly string[];
  /** Content of the file that a Localhost setting names. */
  localhostProfile: SeccompProfile | undefined;
  warn: Warn;
}): LinuxSeccomp | undefined {
  const choice = seccompChoice(options.security);
  if (choice.kind === 'unconfined') return undefined;
  if (!options.enabled) {
    if (choice.kind === 'default') return undefined;
    throw invalid(profileField, 'this kernel has no seccomp filters');
  }
  if (choice.kind === 'default') return defaultSeccompProfile(options.arch, options.capabilities);
  if (options.localhostProfile === undefined) throw new Error(`seccomp profile ${choice.path} was not read`);
  for (const member of options.localhostProfile.unknown) {
    options.warn(profileField, `${choice.path}: ${member} is ignored: no profile has such a member`);
  }
  return applySeccompProfile(options.localhostProfile, options);
}
