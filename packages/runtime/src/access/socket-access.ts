// Who may use the CRI socket: root, and the group of the setting socketGroup.
import { chownSync, readFileSync } from 'node:fs';
import { makePrivateDirectory } from '@berth/common/files/directories.ts';
import type { Config } from '../config/config.ts';
import { isId, parseGroup } from '../spec/user-database.ts';

type Access = Pick<Config, 'listen' | 'socketGroup'>;

/** Throws when the group could not reach the socket: `root` holds the database, and is for root alone. */
export function checkSocketPlace({ listen, socketGroup, root }: Access & Pick<Config, 'root'>): void {
  if (socketGroup === undefined || !listen.startsWith(`${root}/`)) return;
  throw new Error(
    `socketGroup: no group can reach ${listen}, because ${root} is for root alone; set listen to a path outside of root`,
  );
}

/**
 * The mode of one of berthd's private directories: the socket's group may traverse the one that the socket is in. Pure.
 */
export function privateMode(directory: string, { listen, socketGroup }: Access): number {
  return socketGroup !== undefined && listen.startsWith(`${directory}/`) ? 0o710 : 0o700;
}

/** The id of the socket's group; undefined without such a group. Throws when there is no group of this name. */
export function socketGid({ socketGroup }: Access, groups = '/etc/group'): number | undefined {
  if (socketGroup === undefined) return undefined;
  if (isId(socketGroup)) return Number(socketGroup);
  const group = parseGroup(readFileSync(groups, 'utf8')).find(({ name }) => name === socketGroup);
  if (group?.gid !== undefined) return group.gid;
  throw new Error(
    `socketGroup: there is no group ${JSON.stringify(socketGroup)} in ${groups}; make it (groupadd --system ${socketGroup}), or name another one or its number`,
  );
}

/** Makes one of berthd's private directories, and lets the socket's group traverse the one that the socket is in. */
export function makeDaemonDirectory(directory: string, access: Access, gid: number | undefined): void {
  const mode = privateMode(directory, access);
  makePrivateDirectory(directory, mode);
  if (gid !== undefined && mode !== 0o700) chownSync(directory, process.geteuid?.() ?? 0, gid);
}
