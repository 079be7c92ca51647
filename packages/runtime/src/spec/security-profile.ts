// Parses the CRI's SecurityProfile, which seccomp and AppArmor share.

import {
  SecurityProfile_ProfileType as ProfileType,
  type SecurityProfile,
} from '@berth/cri/generated/api.ts';
import { invalid } from '../rpc/errors.ts';

/** The profile that a SecurityProfile of the CRI selects. */
export type ProfileChoice =
  | { kind: 'unconfined' }
  | { kind: 'default' }
  /** `reference` is unchanged from the request. */
  | { kind: 'localhost'; reference: string };

/** Reads a SecurityProfile; `field` is its path in the request. */
export function profileChoice({ profileType, localhostRef }: SecurityProfile, field: string): ProfileChoice {
  switch (profileType) {
    case ProfileType.RuntimeDefault:
      return { kind: 'default' };
    case ProfileType.Unconfined:
      return { kind: 'unconfined' };
    case ProfileType.Localhost:
      return { kind: 'localhost', reference: localhostRef };
    default:
      throw invalid(`${field}.profile_type`, `${profileType} is not a known profile type`);
  }
}
