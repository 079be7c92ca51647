// Computes the user of a container's process from request, image and the container's user files. Pure.

import { type LinuxContainerSecurityContext, SupplementalGroupsPolicy } from '@berth/cri/generated/api.ts';
import { type IdMappings, isMapped } from '@berth/linux/namespaces/id-mappings.ts';
import type { User } from '@berth/oci/runtime-spec/config.ts';
import { invalid } from '../rpc/errors.ts';
import { type GroupEntry, isId, maxId, type PasswdEntry, parseGroup, parsePasswd } from './user-database.ts';

export interface UserInput {
  security: LinuxContainerSecurityContext | undefined;
  /** `User` of the image's configuration: `user`, `user:group`, each by name or number. */
  imageUser: string;
  passwd: string;
  group: string;
}

/**
 * The user of the container's process. The request's user takes precedence over the image's; names are looked up in
 * the container's own files, never the host's. The supplementary groups include the primary group, so that a file
 * mode that denies access to the group takes effect (CVE-2022-36109).
 */
export function processUser(input: UserInput): User {
  const passwd = parsePasswd(input.passwd);
  const groups = parseGroup(input.group);
  const wanted = requested(input);
  const account = findAccount(wanted.user, wanted.field, passwd);
  const gid = wanted.group === undefined ? account.gid : findGroup(wanted.group, wanted.field, groups);
  const additionalGids = [gid, ...supplementary(input.security, account.name, groups)];
  return { uid: account.uid, gid, additionalGids: [...new Set(additionalGids)] };
}

/** Refuses a user that the pod's user namespace does not map. */
export function refuseUnmapped({ uid, gid }: User, users: IdMappings | undefined): void {
  if (users === undefined) return;
  for (const [field, id, mappings] of [
    ['run_as_user', uid, users.uids],
    ['run_as_group', gid, users.gids],
  ] as const) {
    if (!isMapped(mappings, id)) {
      throw invalid(
        `config.linux.security_context.${field}`,
        `${id} is not in the pod's user namespace, which maps ${mappings[0]?.length ?? 0} ids`,
      );
    }
  }
}

interface Wanted {
  user: string;
  group: string | undefined;
  field: string;
}

function requested({ security, imageUser }: UserInput): Wanted {
  const context = 'config.linux.security_context';
  const uid = security?.runAsUser?.value;
  const gid = security?.runAsGroup?.value;
  const group = gid === undefined ? undefined : checkedId(gid, `${context}.run_as_group`);
  // The name takes precedence over the id. Like an image's user it may include a group.
  const [name = '', groupOfName = ''] = (security?.runAsUsername ?? '').split(':', 2);
  if (name !== '') {
    return { user: name, group: group ?? (groupOfName || undefined), field: `${context}.run_as_username` };
  }
  if (uid !== undefined) {
    return { user: checkedId(uid, `${context}.run_as_user`), group, field: `${context}.run_as_user` };
  }
  if (group !== undefined) {
    throw invalid(`${context}.run_as_group`, 'a group is given without a user; set run_as_user as well');
  }
  const [user = '', imageGroup = ''] = imageUser.split(':', 2);
  return {
    user: user === '' ? '0' : user,
    group: imageGroup === '' ? undefined : imageGroup,
    field: `image config User ${JSON.stringify(imageUser)}`,
  };
}

function checkedId(value: bigint, field: string): string {
  if (value < 0n || value > BigInt(maxId)) throw invalid(field, `${value} is not between 0 and ${maxId}`);
  return value.toString();
}

/** Looks up a user. A numeric id may be missing in the file; its primary group is then 0. */
function findAccount(
  user: string,
  field: string,
  passwd: PasswdEntry[],
): { name?: string; uid: number; gid: number } {
  if (isId(user)) {
    const { name, gid = 0 } = passwd.find(({ uid }) => uid === Number(user)) ?? {};
    return { ...(name === undefined ? {} : { name }), uid: Number(user), gid: entryId(gid, user, field) };
  }
  // Never looked up as a name: an image could map the number that runAsNonRoot verified to root (CVE-2026-46680).
  if (isNumber(user)) throw invalid(field, `${user} is not between 0 and ${maxId}`);
  const entry = passwd.find(({ name }) => name === user);
  if (entry !== undefined) {
    return { name: user, uid: entryId(entry.uid, user, field), gid: entryId(entry.gid, user, field) };
  }
  throw invalid(field, `unable to find user ${user}: no matching entry in the container's /etc/passwd`);
}

/** The entry's id, or 0 when it has none. */
function entryId(id: number | undefined, name: string, field: string): number {
  if (id === undefined || (id >= 0 && id <= maxId)) return id ?? 0;
  throw invalid(
    field,
    `the container's files say that ${name} is ${id}, which is not between 0 and ${maxId}`,
  );
}

function isNumber(text: string): boolean {
  return /^[+-]?\d+$/.test(text);
}

function findGroup(group: string, field: string, groups: GroupEntry[]): number {
  if (isId(group)) return Number(group);
  if (isNumber(group)) throw invalid(field, `${group} is not between 0 and ${maxId}`);
  const entry = groups.find(({ name }) => name === group);
  if (entry === undefined) {
    throw invalid(field, `unable to find group ${group}: no matching entry in the container's /etc/group`);
  }
  return entryId(entry.gid, group, field);
}

function supplementary(
  security: LinuxContainerSecurityContext | undefined,
  name: string | undefined,
  groups: GroupEntry[],
): number[] {
  const field = 'config.linux.security_context.supplemental_groups';
  const given = (security?.supplementalGroups ?? []).map((gid, index) =>
    Number(checkedId(gid, `${field}[${index}]`)),
  );
  switch (security?.supplementalGroupsPolicy ?? SupplementalGroupsPolicy.Merge) {
    case SupplementalGroupsPolicy.Merge: {
      const own = name === undefined ? [] : groups.filter(({ members }) => members.includes(name));
      return [...own.map(({ name: group, gid }) => entryId(gid, group, field)), ...given];
    }
    case SupplementalGroupsPolicy.Strict:
      return given;
    default:
      throw invalid(`${field}_policy`, `${security?.supplementalGroupsPolicy} is not a known policy`);
  }
}
