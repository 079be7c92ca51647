// /proc/PID/cgroup: the cgroups that a process is in.
import { readFileSync } from 'node:fs';
import { hasCode } from '@berth/common/error-code.ts';
import { asSyscallError } from '../syscall/errno.ts';

/**
 * Parses /proc/PID/cgroup: the process's path by controller; the v2 hierarchy is under `''`, a named one under e.g.
 * `name=systemd`.
 */
export function parseMembership(text: string): Map<string, string> {
  return new Map(
    text
      .split('\n')
      .filter((line) => line !== '')
      .flatMap((line) => {
        // A path may contain colons.
        const [, controllers = '', path = ''] = /^\d+:([^:]*):(.*)$/.exec(line) ?? [];
        return controllers.split(',').map((controller) => [controller, path] as const);
      }),
  );
}

/** The result of `parseMembership` for a process; `undefined` when there is none. */
export function membership(pid: number): Map<string, string> | undefined {
  try {
    return parseMembership(readFileSync(`/proc/${pid}/cgroup`, 'utf8'));
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'ESRCH')) return undefined;
    throw asSyscallError(error);
  }
}
