// Whether the kernel would drop a stop signal. If so, graceful-stop.ts resends it until the program has a handler.
import { readFileSync } from 'node:fs';
import { constants } from 'node:os';
import { hasCode } from '@berth/common/error-code.ts';
import { asSyscallError } from '../syscall/errno.ts';

/**
 * Whether the kernel drops a signal to this process: the first process of a PID namespace receives only signals for
 * which it has a handler, and SIGKILL and SIGSTOP, see pid_namespaces(7). A program that just started has no handler
 * yet. False when there is no such process.
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
 * Pure: dropsSignal for the text of /proc/PID/status, see proc_pid_status(5). Ignores the handlers of runc's init,
 * because execve(2) of the program resets them.
 */
export function statusDropsSignal(status: string, signal: number): boolean {
  if (signal === constants.signals.SIGKILL || signal === constants.signals.SIGSTOP) return false;
  const field = (name: string): string => status.match(new RegExp(`^${name}:\\s*(.*)$`, 'm'))?.[1] ?? '';
  const isNamespaceInit = field('NSpid').split(/\s+/).at(-1) === '1';
  if (isNamespaceInit && /^runc:\[\d:INIT\]$/.test(field('Name'))) return true;
  const caught = BigInt(`0x${field('SigCgt') || '0'}`);
  return isNamespaceInit && (caught & (1n << BigInt(signal - 1))) === 0n;
}
