// Kernel parameters: the namespaces that they belong to, and their values.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { asSyscallError } from './syscall/errno.ts';
import { sysctlPath } from './sysctl-name.ts';

/** The namespace that a kernel parameter belongs to. */
export type SysctlNamespace = 'net' | 'ipc' | 'uts';

const namespaced: readonly [pattern: RegExp, namespace: SysctlNamespace][] = [
  [/^net\/.+/, 'net'],
  [/^kernel\/(shm\w+|msg\w+|sem)$/, 'ipc'],
  [/^fs\/mqueue\/\w+$/, 'ipc'],
  [/^kernel\/domainname$/, 'uts'],
];

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
