import { readFileSync } from 'node:fs';
import { constants } from 'node:os';
import { hasCode } from '@berth/common/error-code.ts';
import { asSyscallError } from '../syscall/errno.ts';

/**
 * Whether a signal sent to a process now has no effect, because the process is the first of its PID namespace and
 * has no handler for it: the kernel then drops every signal but SIGKILL and SIGSTOP, see pid_namespaces(7). A
 * program that has just been started is in that state until it installs its handler. False when there is no such
 * process.
 */
export function dropsSignal(pid: number, signal: number): boolean {
  try {
    return statusDropsSignal(readFileSync(`/proc/${pid}/status`, 'utf8'), signal);
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'ESRCH')) return false;
    throw asSyscallError(error);
  }
}

/**
 * Pure: the same from the text of /proc/PID/status, see proc_pid_status(5). The handlers of runc's own init do not
 * count: it is about to become the program, which has none.
 */
export function statusDropsSignal(status: string, signal: number): boolean {
  if (signal === constants.signals.SIGKILL || signal === constants.signals.SIGSTOP) return false;
  const field = (name: string): string => status.match(new RegExp(`^${name}:\\s*(.*)$`, 'm'))?.[1] ?? '';
  const isNamespaceInit = field('NSpid').split(/\s+/).at(-1) === '1';
  if (isNamespaceInit && /^runc:\[\d:INIT\]$/.test(field('Name'))) return true;
  const caught = BigInt(`0x${field('SigCgt') || '0'}`);
  return isNamespaceInit && (caught & (1n << BigInt(signal - 1))) === 0n;
}
