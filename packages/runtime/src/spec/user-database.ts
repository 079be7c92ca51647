/** A line of /etc/passwd, as far as it decides who a process is. */
export interface PasswdEntry {
  name: string;
  uid: number;
  gid: number;
}

/** A line of /etc/group. */
export interface GroupEntry {
  name: string;
  gid: number;
  members: string[];
}

/** Parses passwd(5); lines that are no entries are skipped, as the C library does. */
export function parsePasswd(text: string): PasswdEntry[] {
  return fields(text).flatMap(([name = '', , uid = '', gid = '']) =>
    name !== '' && isId(uid) && isId(gid) ? [{ name, uid: Number(uid), gid: Number(gid) }] : [],
  );
}

/** Parses group(5). */
export function parseGroup(text: string): GroupEntry[] {
  return fields(text).flatMap(([name = '', , gid = '', members = '']) =>
    name !== '' && isId(gid) ? [{ name, gid: Number(gid), members: members.split(',').filter(Boolean) }] : [],
  );
}

function fields(text: string): string[][] {
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => line.split(':').map((field) => field.trim()));
}

/** Whether a text is a user or group id: a number up to 2^31 - 1, which is as far as runc goes. */
export function isId(text: string): boolean {
  return /^\d{1,10}$/.test(text) && Number(text) <= MAX_ID;
}

/** The largest user or group id that OCI runtimes take. */
export const MAX_ID = 2 ** 31 - 1;
