// Kernel parameters: their names, the namespaces that they belong to, and their values.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { asSyscallError } from './syscall/errno.ts';

/** The namespace that a kernel parameter belongs to. */
export type SysctlNamespace = 'net' | 'ipc' | 'uts';

const namespaced: readonly [pattern: RegExp, namespace: SysctlNamespace][] = [
  [/^net\/.+/, 'net'],
  [/^kernel\/(shm\w+|msg\w+|sem)$/, 'ipc'],
  [/^fs\/mqueue\/\w+$/, 'ipc'],
  [/^kernel\/domainname$/, 'uts'],
];

/**
 * The path below /proc/sys of a kernel parameter written with dots or slashes. As sysctl(8) reads it, the
 * first separator decides: after a dot, a slash stands for a dot inside a name, and vice versa.
 *
 * @example
 * assert.equal(sysctlPath('net.ipv4.ip_forward'), 'net/ipv4/ip_forward');
 * assert.equal(sysctlPath('net.ipv4.conf.eth0/100.forwarding'), 'net/ipv4/conf/eth0.100/forwarding');
 */
export function sysctlPath(name: string): string {
  const path = firstSeparator(name) === '.' ? swapSeparators(name) : name;
  const parts = path.split('/');
  if (parts.length < 2 || parts.some((part) => !/^[\w.:@-]+$/.test(part) || part === '.' || part === '..')) {
    throw new Error(`sysctl ${JSON.stringify(name)}: not the name of a kernel parameter`);
  }
  return path;
}

/** The dotted name of a kernel parameter written with slashes or dots; the inverse of `sysctlPath`. */
export function sysctlName(name: string): string {
  return firstSeparator(name) === '/' ? swapSeparators(name) : name;
}

function firstSeparator(name: string): string | undefined {
  return /[./]/.exec(name)?.[0];
}

function swapSeparators(name: string): string {
  return name.replace(/[./]/g, (separator) => (separator === '.' ? '/' : '.'));
}

/** The namespace that a parameter belongs to; `undefined` when it is global to the machine. */
export function sysctlNamespace(name: string): SysctlNamespace | undefined {
  const path = sysctlPath(name);
  return namespaced.find(([pattern]) => pattern.test(path))?.[1];
}

/** Reads a kernel parameter in the calling thread's namespaces, without the trailing newline. */
export function readSysctl(name: string): string {
  return readFileSync(join('/proc/sys', sysctlPath(name)), 'utf8').trimEnd();
}

/** Sets a kernel parameter in the calling thread's namespaces. Throws SyscallError naming parameter and value. */
export function writeSysctl(name: string, value: string): void {
  const path = join('/proc/sys', sysctlPath(name));
  try {
    writeFileSync(path, value, { flag: 'r+' });
  } catch (error) {
    throw asSyscallError(error, { path, hint: `setting sysctl ${name}=${value}` });
  }
}
