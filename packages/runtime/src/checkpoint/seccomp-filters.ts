import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { LinuxSeccomp } from '@berth/oci/runtime-spec/config.ts';

/**
 * The seccomp filters that OCI runtimes of this node compiled, by profile. A filter in a checkpoint is an untrusted
 * program: only by this record is it known to allow no more than a profile does.
 */
export class SeccompFilters {
  readonly #directory: string;

  /** `root` is berthd's root directory, which survives a reboot. */
  constructor(root: string) {
    this.#directory = join(root, 'seccomp-filters');
  }

  /** Records the filter that an OCI runtime compiled from this profile. */
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
