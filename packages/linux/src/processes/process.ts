// Processes by pid, start time and pidfd: their state, signals to them, and their end.
import { readdirSync, readFileSync } from 'node:fs';
import { hasCode } from '@berth/common/error-code.ts';
import { asSyscallError } from '../syscall/errno.ts';
import { closeDescriptor, onceReadable, systemCall } from '../syscall/libc.ts';

const pidfdSendSignalCall = systemCall('pidfd_send_signal', 424, ['int', 'int', 'void *', 'uint']);
const pidfdOpenCall = systemCall('pidfd_open', 434, ['int', 'uint']);

/** A process as /proc/PID/stat shows it, see proc_pid_stat(5). */
export interface ProcessStat {
  pid: number;
  /** The first 15 bytes of the command's name. */
  command: string;
  /** `R` running, `S` sleeping, `D` waiting, `T` stopped, `Z` zombie, `X` dead, … */
  state: string;
  ppid: number;
  processGroup: number;
  session: number;
  threads: number;
  /** Clock ticks (100 a second) of user and system time. */
  userTicks: number;
  systemTicks: number;
  /** Clock ticks from boot to its start. Together with `pid` it identifies a process uniquely. */
  startTime: number;
}

/** Parses /proc/PID/stat; the command's name may itself contain spaces and parentheses. */
export function parseProcessStat(text: string): ProcessStat {
  const open = text.indexOf('(');
  const close = text.lastIndexOf(')');
  const fields = text.slice(close + 2).split(' ');
  // Fields are counted from 1 as in the manual page; the third is the first after the name.
  const field = (number: number): number => Number(fields[number - 3]);
  return {
    pid: Number(text.slice(0, open - 1)),
    command: text.slice(open + 1, close),
    state: fields[0] ?? '',
    ppid: field(4),
    processGroup: field(5),
    session: field(6),
    userTicks: field(14),
    systemTicks: field(15),
    threads: field(20),
    startTime: field(22),
  };
}

/** `undefined` when there is no such process. A zombie is still one. */
export function processStat(pid: number): ProcessStat | undefined {
  const text = readProcess(pid, 'stat');
  return text === undefined ? undefined : parseProcessStat(text);
}

/** Whether `pid` is still the process that started at `startTime`, and not a zombie. */
export function isSameProcess(pid: number, startTime: number): boolean {
  const stat = processStat(pid);
  return stat !== undefined && stat.startTime === startTime && stat.state !== 'Z' && stat.state !== 'X';
}

/** The direct children of a process; none when there is no such process. */
export function children(pid: number): number[] {
  let threads: string[];
  try {
    threads = readdirSync(`/proc/${pid}/task`);
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'ESRCH')) return [];
    throw asSyscallError(error);
  }
  return threads.flatMap((thread) =>
    (readProcess(pid, `task/${thread}/children`) ?? '').split(' ').filter(Boolean).map(Number),
  );
}

function readProcess(pid: number, file: string): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'ESRCH')) return undefined;
    throw asSyscallError(error);
  }
}

/**
 * Sends a signal by number. False when there is no such process. When the pid may have been reused since
 * you learned it, use `signalProcess`.
 */
export function kill(pid: number, signal: number): boolean {
  try {
    return process.kill(pid, signal);
  } catch (error) {
    if (hasCode(error, 'ESRCH')) return false;
    throw asSyscallError(error, { path: `process ${pid}`, hint: `sending signal ${signal}` });
  }
}

/** Opens a pidfd, which refers to this process even when the pid is reused. Close it with `closeDescriptor`. */
export function pidfdOpen(pid: number): number {
  return pidfdOpenCall(`process ${pid}`, pid, 0);
}

/** Identifies a process even when its pid is reused. */
export interface ProcessIdentity {
  pid: number;
  /** As in `ProcessStat`. */
  startTime: number;
}

/** Sends a signal by number to exactly this process. False when it is gone. */
export function signalProcess({ pid, startTime }: ProcessIdentity, signal: number): boolean {
  const descriptor = openIdentified({ pid, startTime });
  if (descriptor === undefined) return false;
  try {
    pidfdSendSignalCall(`process ${pid}`, descriptor, signal, null, 0);
    return true;
  } catch (error) {
    if (hasCode(error, 'ESRCH')) return false;
    throw error;
  } finally {
    closeDescriptor(descriptor);
  }
}

/**
 * Resolves when the process has ended, by polling a pidfd in the event loop; for any process, child or not. Does not
 * reap it. Rejects with the signal's reason when that fires first. Keeps this process alive while it waits.
 *
 * @example
 * import { spawn } from 'node:child_process';
 *
 * const { pid = 0 } = spawn('sleep', ['60']);
 * const { startTime } = processStat(pid) ?? assert.fail();
 * assert.ok(signalProcess({ pid, startTime }, 15));
 * await waitForExit({ pid, startTime });
 */
export async function waitForExit(identity: ProcessIdentity, signal?: AbortSignal): Promise<void> {
  signal?.throwIfAborted();
  const descriptor = openIdentified(identity);
  if (descriptor === undefined) return;
  await new Promise<void>((resolve, reject) => {
    const finish = (settle: () => void): void => {
      signal?.removeEventListener('abort', onAbort);
      cancel();
      closeDescriptor(descriptor);
      settle();
    };
    const onAbort = (): void => finish(() => reject(signal?.reason));
    // A pidfd becomes readable when its process ends.
    const cancel = onceReadable(descriptor, () => finish(resolve));
    signal?.addEventListener('abort', onAbort);
  });
}

/** A pidfd of exactly this process; `undefined` when it is gone or a zombie. */
function openIdentified({ pid, startTime }: ProcessIdentity): number | undefined {
  let descriptor: number;
  try {
    descriptor = pidfdOpen(pid);
  } catch (error) {
    if (hasCode(error, 'ESRCH', 'EINVAL')) return undefined;
    throw error;
  }
  // Check after the open: from now on the pidfd cannot refer to another process.
  if (isSameProcess(pid, startTime)) return descriptor;
  closeDescriptor(descriptor);
  return undefined;
}
