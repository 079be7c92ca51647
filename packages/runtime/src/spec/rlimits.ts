import { clampRlimit } from '@berth/linux/processes/rlimits.ts';
import type { PosixRlimit } from '@berth/oci/runtime-spec/config.ts';

/** Open files of a container's process. More is known to harm: some programs close, or count, every possible one. */
const MAX_OPEN_FILES = 1_048_576n;

/**
 * The limits that containers get which berthd's own must not go into: without a number for them, a berthd that was
 * started with unlimited open files would hand that on. As many as berthd itself may have.
 */
export function containerRlimits(): PosixRlimit[] {
  const { type, soft, hard } = clampRlimit({
    type: 'RLIMIT_NOFILE',
    soft: MAX_OPEN_FILES,
    hard: MAX_OPEN_FILES,
  });
  return [{ type, soft: Number(soft), hard: Number(hard) }];
}
