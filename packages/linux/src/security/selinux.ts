import { constants, openSync, readFileSync, writeFileSync } from 'node:fs';
import { lstat } from 'node:fs/promises';
import { hasCode } from '@berth/common/error-code.ts';
import { DirectoryDescent } from '../files/directory-descent.ts';
import { entriesOf } from '../files/directory-names.ts';
import { setXattr, setXattrOfChild } from '../files/xattr.ts';

const ATTRIBUTE = 'security.selinux';

/** How many files are labelled before others may go on. */
const breadth = 256;

/** Whether the kernel has SELinux and a policy is loaded. */
export function selinuxEnabled(): boolean {
  return readIfThere('/sys/fs/selinux/policyvers') !== undefined;
}

/**
 * The text of the loaded policy's contexts for containers, in the form of lxc_contexts; undefined when the policy
 * says nothing about containers.
 */
export function containerContexts(): string | undefined {
  const shared = readIfThere('/usr/share/containers/selinux/contexts');
  if (shared !== undefined) return shared;
  const name = /^\s*SELINUXTYPE\s*=\s*"?(\w+)"?/m.exec(readIfThere('/etc/selinux/config') ?? '')?.[1];
  return name === undefined ? undefined : readIfThere(`/etc/selinux/${name}/contexts/lxc_contexts`);
}

/** Whether the loaded policy knows a context. */
export function isKnownContext(context: string): boolean {
  try {
    writeFileSync('/sys/fs/selinux/context', context);
    return true;
  } catch (error) {
    if (hasCode(error, 'EINVAL')) return false;
    throw error;
  }
}

/** Labels one file, not what a symbolic link leads to. A file system without labels is no error. */
function setLabel(path: string, label: string): void {
  try {
    setXattr(path, ATTRIBUTE, `${label}\0`);
  } catch (error) {
    if (!hasCode(error, 'EOPNOTSUPP')) throw error;
  }
}

/** The option of a file system whose files all shall have one label: quoted, since levels contain commas. */
export function contextOption(label: string): string {
  return `context="${label}"`;
}

const SYSTEM_DIRECTORIES: ReadonlySet<string> = new Set([
  ...['/', '/bin', '/boot', '/dev', '/etc', '/home', '/lib', '/lib64', '/media', '/mnt', '/opt', '/proc'],
  ...['/root', '/run', '/sbin', '/srv', '/sys', '/tmp', '/usr', '/var'],
  ...['/usr/bin', '/usr/lib', '/usr/lib64', '/usr/sbin', '/var/lib', '/var/log'],
  ...['/etc/passwd', '/etc/pki', '/etc/shadow'],
]);

/** Whether a path, with links resolved, is one that the host itself stops working without the labels of. */
export function mayRelabel(path: string): boolean {
  return !SYSTEM_DIRECTORIES.has(path) && path !== process.env.HOME && !path.startsWith('/proc/');
}

/** How deep the directories of a volume may be nested: as deep as any path, and ten times that. */
const maxDepth = 20_000;

const itself = Buffer.from('.');

/**
 * Labels a file, or a directory and all that is in it. Who writes there meanwhile cannot lead it elsewhere: it goes
 * down by open directories and through no symbolic link. What goes away meanwhile is no error.
 */
export async function relabel(path: string, label: string): Promise<void> {
  if (!(await lstat(path)).isDirectory()) {
    setLabel(path, label);
    return;
  }
  const descriptor = openSync(path, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW);
  using descent = new DirectoryDescent(descriptor, 'enter');
  for (const pending = [await labelFiles(descent, label)]; ; ) {
    const name = pending.at(-1)?.pop();
    if (name === undefined) {
      // Last, so that a directory with the label is one whose files have it.
      setLabelOf(descent.descriptor, itself, label);
      pending.pop();
      if (pending.length === 0) return;
      descent.leave();
    } else if (descent.enter(name)) {
      if (descent.depth > maxDepth) throw new Error(`directories are nested deeper than ${maxDepth}`);
      pending.push(await labelFiles(descent, label));
    }
  }
}

/** Labels what is in the directory but for directories, whose names it returns. */
async function labelFiles({ descriptor }: DirectoryDescent, label: string): Promise<Buffer[]> {
  const directories: Buffer[] = [];
  for await (const entries of entriesOf(descriptor, breadth)) {
    for (const entry of entries) {
      if (entry.isDirectory()) directories.push(entry.name);
      else setLabelOf(descriptor, entry.name, label);
    }
  }
  return directories;
}

function setLabelOf(directory: number, name: Buffer, label: string): void {
  try {
    setXattrOfChild(directory, name, ATTRIBUTE, `${label}\0`);
  } catch (error) {
    if (!hasCode(error, 'EOPNOTSUPP', 'ENOENT', 'ENOTDIR', 'ELOOP')) throw error;
  }
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'EACCES')) return undefined;
    throw error;
  }
}
