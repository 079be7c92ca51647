// Gives a process in a user namespace the pipes of its standard streams, so that it can reopen /dev/stdout.

import { chownSync, statSync } from 'node:fs';
import { hasCode } from '@berth/common/error-code.ts';
import { hostId } from '@berth/linux/namespaces/id-mappings.ts';
import type { User } from '@berth/oci/runtime-spec/config.ts';
import { type Sandbox, sandboxNamespaces } from '../state/sandbox.ts';

/** A user and group, by their ids on the host. */
export interface Owner {
  readonly uid: number;
  readonly gid: number;
}

/** Owner of a process's pipes. Undefined outside of user namespaces, where the OCI runtime sets it. */
export function stdioOwner({ config }: Sandbox, user: User | undefined): Owner | undefined {
  const { users } = sandboxNamespaces(config);
  if (users === undefined || user === undefined) return undefined;
  return { uid: hostId(users.uids, user.uid), gid: hostId(users.gids, user.gid) };
}

/** Changes the owner of the pipes of a process's standard streams. Ignores a process that has just ended. */
export function chownStdio(pid: number, { uid, gid }: Owner): void {
  for (const stream of [0, 1, 2]) {
    const path = `/proc/${pid}/fd/${stream}`;
    try {
      // Skip /dev/null, which is the host's device.
      if (statSync(path).isFIFO()) chownSync(path, uid, gid);
    } catch (error) {
      if (!hasCode(error, 'ENOENT', 'ESRCH')) throw error;
    }
  }
}
