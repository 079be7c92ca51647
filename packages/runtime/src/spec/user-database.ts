/** A line of /etc/passwd: the fields that decide a process's ids. */
export interface PasswdEntry {
  name: string;
  /** Undefined where the field is no number, which counts as 0 in a lookup by name. */
  uid: number | undefined;
  gid: number | undefined;
}

/** A line of /etc/group. */
export interface GroupEntry {
  name: string;
  gid: number | undefined;
  members: string[];
}

/**
 * Parses passwd(5) as leniently as moby/user, which containerd and CRI-O use: fields may be missing or no numbers.
 * Numbers can be out of range.
 */
export function parsePasswd(text: string): PasswdEntry[] {
  return fields(text).map(([name = '', , uid, gid]) => ({ name, uid: number(uid), gid: number(gid) }));
}

/** Parses group(5) in the same way. */
export function parseGroup(text: string): GroupEntry[] {
  return fields(text).map(([name = '', , gid, members = '']) => ({
    name,
    gid: number(gid),
    members: members.split(',').filter(Boolean),
  }));
}

function fields(text: string): string[][] {
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#') && !line.startsWith(':'))
    .map((line) => line.split(':').map((field) => field.trim()));
}

function number(field: string | undefined): number | undefined {
  return field !== undefined && /^[+-]?\d+$/.test(field) ? Number(field) : undefined;
}

/** Whether a text is a user or group id: a number up to 2^31 - 1, runc's limit. */
export function isId(text: string): boolean {
  return /^\d{1,10}$/.test(text) && Number(text) <= maxId;
}

/** The largest user or group id that OCI runtimes accept. */
export const maxId = 2 ** 31 - 1;
