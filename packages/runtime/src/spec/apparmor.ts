import type { LinuxContainerSecurityContext } from '@berth/cri/generated/api.ts';
import { defaultAppArmorProfile } from '../apparmor/default-profile.ts';
import type { AppArmorSupport } from '../apparmor/detect.ts';
import { invalid } from '../rpc/errors.ts';
import { profileChoice } from './security-profile.ts';

const profileField = 'config.linux.security_context.apparmor';

/**
 * The AppArmor profile of the container's process; undefined for none. A named profile has to be loaded. On a
 * kernel without AppArmor the runtime's default is ignored, and a profile of the node is an error.
 */
export function apparmorProfile(
  security: LinuxContainerSecurityContext | undefined,
  host: AppArmorSupport,
): string | undefined {
  const wanted = request(security);
  // Needs no setting: berthd is unconfined, and so are its children.
  if (wanted.kind === 'unconfined') return undefined;
  if (wanted.kind === 'default') {
    if (!host.enabled) return undefined;
    if (host.loaded.includes(defaultAppArmorProfile)) return defaultAppArmorProfile;
    if (wanted.field === undefined) return undefined;
    throw invalid(
      wanted.field,
      `the default profile ${defaultAppArmorProfile} is not loaded; is apparmor_parser installed? see berthd's log`,
    );
  }
  if (!host.enabled)
    throw invalid(
      wanted.field,
      `profile ${wanted.name} cannot be applied: AppArmor is not enabled on this node`,
    );
  if (!host.loaded.includes(wanted.name)) {
    throw invalid(
      wanted.field,
      `profile ${wanted.name} is not loaded on this node; load it with apparmor_parser`,
    );
  }
  return wanted.name;
}

/** `field` is set when the request itself names the profile. */
type Wanted =
  | { kind: 'default'; field?: string }
  | { kind: 'unconfined' }
  | { kind: 'localhost'; name: string; field: string };

function request(security: LinuxContainerSecurityContext | undefined): Wanted {
  if (security === undefined) return { kind: 'default' };
  if (security.apparmor === undefined) return legacyRequest(security);
  const choice = profileChoice(security.apparmor, profileField);
  if (choice.kind === 'localhost') return localhost(choice.reference, `${profileField}.localhost_ref`);
  if (choice.kind === 'unconfined' || security.privileged) return { kind: 'unconfined' };
  return { kind: 'default', field: `${profileField}.profile_type` };
}

function legacyRequest(security: LinuxContainerSecurityContext): Wanted {
  const profile = security.apparmorProfile;
  if (profile === 'unconfined') return { kind: 'unconfined' };
  if (profile === '' || profile === 'runtime/default') {
    return security.privileged ? { kind: 'unconfined' } : { kind: 'default' };
  }
  return localhost(profile, `${profileField}_profile`);
}

function localhost(reference: string, field: string): Wanted {
  const name = reference.replace(/^localhost\//, '');
  if (name === '') throw invalid(field, 'names no profile');
  return { kind: 'localhost', name, field };
}
