// The rlimits of containers: a fixed limit of open files, at most berthd's own.

import { clampRlimit } from '@berth/linux/processes/rlimits.ts';
import type { PosixRlimit } from '@berth/oci/runtime-spec/config.ts';

/** Limit of open files. A higher limit slows down programs that close or iterate over every possible descriptor. */
const maxOpenFiles = 1_048_576n;

/**
 * The limits of every container, at most berthd's own. Without them containers would inherit unlimited open files
 * from a berthd that has no limit.
 */
export function containerRlimits(): PosixRlimit[] {
  const { type, soft, hard } = clampRlimit({
    type: 'RLIMIT_NOFILE',
    soft: maxOpenFiles,
    hard: maxOpenFiles,
  });
  return [{ type, soft: Number(soft), hard: Number(hard) }];
}
