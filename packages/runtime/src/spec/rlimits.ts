import { clampRlimit } from '@berth/linux/processes/rlimits.ts';
import type { PosixRlimit } from '@berth/oci/runtime-spec/config.ts';

/** Limit of open files. A higher one is harmful: some programs close, or count, every possible descriptor. */
const maxOpenFiles = 1_048_576n;

/**
 * Limits that containers get whatever berthd's own are: otherwise a berthd with unlimited open files would pass
 * that on. At most berthd's own.
 */
export function containerRlimits(): PosixRlimit[] {
  const { type, soft, hard } = clampRlimit({
    type: 'RLIMIT_NOFILE',
    soft: maxOpenFiles,
    hard: maxOpenFiles,
  });
  return [{ type, soft: Number(soft), hard: Number(hard) }];
}
