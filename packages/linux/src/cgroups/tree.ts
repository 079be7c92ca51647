// Cgroup directories and their files: what v1 and v2 share.
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { hasCode } from '@berth/common/error-code.ts';
import { kill, processStat, waitForExit } from '../processes/process.ts';
import { asSyscallError, SyscallError } from '../syscall/errno.ts';
import type { RemoveOptions } from './cgroups.ts';
import type { ControlFile } from './resources.ts';

/** The components of a cgroup path, e.g. `/a/b` → `['a', 'b']`; none for the root. */
export function pathParts(path: string): string[] {
  const parts = path.split('/').slice(1);
  if (path === '/') return [];
  if (!path.startsWith('/') || parts.some((part) => part === '' || part === '.' || part === '..')) {
    throw new Error(
      `cgroup path ${JSON.stringify(path)}: it must be absolute, with no empty part and no "."`,
    );
  }
  return parts;
}

/** The directories from below `root` down to that of the cgroup. */
export function lineage(root: string, path: string): string[] {
  let directory = root;
  return pathParts(path).map((part) => {
    directory += `/${part}`;
    return directory;
  });
}

/** The cgroup's directory below `root`. Not by path.join, which would take most of the time of reading hundreds of files. */
export function directoryBelow(root: string, path: string): string {
  return pathParts(path).length === 0 ? root : root + path;
}

export function isDirectory(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

/** Creates a directory unless it exists. */
export function makeDirectory(directory: string): void {
  // Most ancestors exist, and existsSync is far cheaper than an EEXIST error.
  if (isDirectory(directory)) return;
  try {
    mkdirSync(directory, 0o755);
  } catch (error) {
    if (!hasCode(error, 'EEXIST')) throw asSyscallError(error);
  }
}

/** A file's content without the last newline; `undefined` when the file or the cgroup does not exist. */
export function readControl(directory: string, file: string): string | undefined {
  try {
    return readFileSync(`${directory}/${file}`, 'utf8').trimEnd();
  } catch (error) {
    // ENODEV: the cgroup was removed between open and read. EOPNOTSUPP: a threaded cgroup lists no processes.
    if (hasCode(error, 'ENOENT', 'ENOTDIR', 'ENODEV', 'EOPNOTSUPP')) return undefined;
    throw asSyscallError(error);
  }
}

export function writeControl(directory: string, file: string, value: string): void {
  const path = join(directory, file);
  try {
    writeFileSync(path, value);
  } catch (error) {
    // cgroupfs refuses the creation of a file with EACCES or EPERM.
    const missing = hasCode(error, 'EACCES', 'EPERM') && !existsSync(path);
    throw asSyscallError(error, {
      path,
      hint: `writing ${JSON.stringify(value)}${missing ? '; there is no such file: its controller is not enabled in this cgroup, or the kernel lacks the feature' : ''}`,
    });
  }
}

/**
 * Writes limits. The kernel refuses some while another has its old value (quota and period, memory and memory+swap), so
 * a refused one is retried once after the others.
 *
 * @param directoryOf the cgroup's directory for a controller
 */
export function writeControls(
  files: readonly ControlFile[],
  directoryOf: (file: ControlFile) => string,
): void {
  const refused = files.filter((file) => !tryWrite(file, directoryOf(file)));
  for (const file of refused) writeControl(directoryOf(file), file.file, file.value);
}

function tryWrite({ file, value, optional = false }: ControlFile, directory: string): boolean {
  if (optional && !existsSync(join(directory, file))) return true;
  try {
    writeControl(directory, file, value);
    return true;
  } catch (error) {
    if (hasCode(error, 'EINVAL', 'EBUSY')) return false;
    throw error;
  }
}

/** The cgroup's directory and its descendants, children first; none when it does not exist. */
export function subtree(directory: string): string[] {
  let names: string[];
  try {
    names = readdirSync(directory, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => name);
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'ENOTDIR', 'ENODEV')) return [];
    throw asSyscallError(error);
  }
  return [...names.flatMap((name) => subtree(join(directory, name))), directory];
}

/** The pids in some directories and their descendants, without duplicates. */
export function processesBelow(directories: readonly string[]): number[] {
  return [...new Set(directories.flatMap(subtree).flatMap(pidsIn))];
}

/** The pids in a directory itself; none when it does not exist. */
export function pidsIn(directory: string): number[] {
  return (readControl(directory, 'cgroup.procs') ?? '')
    .split('\n')
    .filter((line) => line !== '')
    .map(Number);
}

/** Sends SIGKILL to pids that were just read from a cgroup. */
export function killEach(pids: readonly number[]): void {
  const SIGKILL = 9;
  // The kernel lists a process outside our PID namespace as 0, and kill(2) takes 0 for our own process group.
  for (const pid of pids) if (pid > 0) kill(pid, SIGKILL);
}

const defaultTimeoutMs = 2_000;
const maxPauseMs = 50;

/** Removes directories and their descendants; waits for the processes by pidfd. */
export async function removeTrees(
  path: string,
  directories: readonly string[],
  killAll: () => void,
  { kill: mayKill = false, timeoutMs = defaultTimeoutMs }: RemoveOptions = {},
): Promise<void> {
  const deadline = AbortSignal.timeout(timeoutMs);
  for (let pause = 1; ; pause = Math.min(pause * 2, maxPauseMs)) {
    const busy = directories.flatMap(subtree).filter((directory) => !removeDirectory(directory));
    if (busy.length === 0) return;
    const pids = processesBelow(directories);
    if (deadline.aborted) throw stillBusy(path, busy, pids, timeoutMs);
    if (mayKill) killAll();
    await Promise.all(pids.map((pid) => exited(pid, deadline)));
    // rmdir(2) may fail with EBUSY for a moment after the last process left cgroup.procs.
    await delay(pause);
  }
}

function removeDirectory(directory: string): boolean {
  try {
    rmdirSync(directory);
    return true;
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return true;
    if (hasCode(error, 'EBUSY', 'ENOTEMPTY')) return false;
    throw asSyscallError(error);
  }
}

async function exited(pid: number, deadline: AbortSignal): Promise<void> {
  const startTime = processStat(pid)?.startTime;
  if (startTime === undefined) return;
  try {
    await waitForExit({ pid, startTime }, deadline);
  } catch (error) {
    if (!deadline.aborted) throw error;
  }
}

function stillBusy(path: string, busy: readonly string[], pids: readonly number[], timeoutMs: number): Error {
  const EBUSY = 16;
  const [first] = busy;
  return new SyscallError({
    syscall: 'rmdir',
    errno: EBUSY,
    path: first ?? path,
    hint:
      pids.length === 0
        ? `cgroup ${path} could not be removed in ${timeoutMs} ms although no process is in it`
        : `cgroup ${path} still holds ${pids.length} process(es) after ${timeoutMs} ms: ${pids.slice(0, 10).join(' ')}`,
  });
}
