import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { LinuxSeccomp } from '@berth/oci/runtime-spec/config.ts';

/**
 * The seccomp filters that OCI runtimes of this node have made, each by the profile that it is made of. A filter in
 * a checkpoint is a program from who knows where; only by this is it known to allow no more than a profile does.
 */
export class SeccompFilters {
  readonly #directory: string;

  /** `root` is berthd's directory of what survives a reboot. */
  constructor(root: string) {
    this.#directory = join(root, 'seccomp-filters');
  }

  /** Notes the filter that an OCI runtime has made of this profile. */
  note(profile: LinuxSeccomp, filter: Buffer): void {
    mkdirSync(this.#directory, { recursive: true, mode: 0o700 });
    writeFileSync(join(this.#directory, nameOf(profile, filter)), '', { mode: 0o600 });
  }

  /** Whether the filter was noted for the profile. */
  has(profile: LinuxSeccomp, filter: Buffer): boolean {
    return existsSync(join(this.#directory, nameOf(profile, filter)));
  }
}

function nameOf(profile: LinuxSeccomp, filter: Buffer): string {
  const hash = createHash('sha256').update(JSON.stringify(profile)).update('\0').update(filter);
  return hash.digest('hex');
}
