import { berthVersion } from '@berth/common/version.ts';

/** The version of the crictl whose interface this is, for scripts, and our own version behind the +. */
export const version = `1.36.0+berth.${berthVersion}`;
