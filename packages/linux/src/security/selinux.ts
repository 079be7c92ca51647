// SELinux through /sys/fs/selinux and extended attributes: whether it is on, which labels are valid, relabelling.
import { constants, openSync, readFileSync, writeFileSync } from 'node:fs';
import { lstat } from 'node:fs/promises';
import { hasCode } from '@berth/common/error-code.ts';
import { DirectoryDescent } from '../files/directory-descent.ts';
import { entriesOf } from '../files/directory-names.ts';
import { setXattr, setXattrOfChild } from '../files/xattr.ts';

const attribute = 'security.selinux';

/** Files that are labelled synchronously before the event loop runs again. */
const breadth = 256;

/** Whether the kernel has SELinux and a policy is loaded. */
export function selinuxEnabled(): boolean {
  return readIfThere('/sys/fs/selinux/policyvers') !== undefined;
}

/**
 * The lxc_contexts file of the loaded policy, which has the contexts for containers; undefined when the policy has
 * none.
 */
export function containerContexts(): string | undefined {
  const shared = readIfThere('/usr/share/containers/selinux/contexts');
  if (shared !== undefined) return shared;
  const name = /^\s*SELINUXTYPE\s*=\s*"?(\w+)"?/m.exec(readIfThere('/etc/selinux/config') ?? '')?.[1];
  return name === undefined ? undefined : readIfThere(`/etc/selinux/${name}/contexts/lxc_contexts`);
}

/** Whether a context is valid in the loaded policy. */
export function isKnownContext(context: string): boolean {
  try {
    writeFileSync('/sys/fs/selinux/context', context);
    return true;
  } catch (error) {
    if (hasCode(error, 'EINVAL')) return false;
    throw error;
  }
}

/** Labels one file, or a symbolic link itself. Does nothing on a file system without labels. */
function setLabel(path: string, label: string): void {
  try {
    setXattr(path, attribute, `${label}\0`);
  } catch (error) {
    if (!hasCode(error, 'EOPNOTSUPP')) throw error;
  }
}

const systemDirectories: ReadonlySet<string> = new Set([
  ...['/', '/bin', '/boot', '/dev', '/etc', '/home', '/lib', '/lib64', '/media', '/mnt', '/opt', '/proc'],
  ...['/root', '/run', '/sbin', '/srv', '/sys', '/tmp', '/usr', '/var'],
  ...['/usr/bin', '/usr/lib', '/usr/lib64', '/usr/sbin', '/var/lib', '/var/log'],
  ...['/etc/passwd', '/etc/pki', '/etc/shadow'],
]);

/** Whether relabelling a path, with symbolic links resolved, would break the host. */
export function mayRelabel(path: string): boolean {
  return !systemDirectories.has(path) && path !== process.env.HOME && !path.startsWith('/proc/');
}

/** Maximum nesting of directories in a volume: ten times what one path can contain. */
const maxDepth = 20_000;

const itself = Buffer.from('.');

/**
 * Labels a file or a directory tree. Works on open directories and follows no symbolic link, so that a concurrent
 * writer cannot redirect it. Ignores files that are removed meanwhile.
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
      // Label the directory last: a directory with the label contains only labelled files.
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

/** Labels the entries of a directory that are not directories; returns the names of its subdirectories. */
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
    setXattrOfChild(directory, name, attribute, `${label}\0`);
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
