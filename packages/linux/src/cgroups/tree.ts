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

/** The parts of a cgroup path from the root, e.g. `/a/b` → `['a', 'b']`; the root has none. */
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

/** The directories from just below `root` down to the cgroup, the cgroup's own last. */
export function lineage(root: string, path: string): string[] {
  let directory = root;
  return pathParts(path).map((part) => {
    directory += `/${part}`;
    return directory;
  });
}

/** The cgroup's own directory below `root`. No path.join: stats read hundreds of files, and it would take most of the time. */
export function directoryBelow(root: string, path: string): string {
  return pathParts(path).length === 0 ? root : root + path;
}

export function isDirectory(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

/** Makes a directory unless there is one. */
export function makeDirectory(directory: string): void {
  // Most of a lineage exists, and a look is far cheaper than an EEXIST.
  if (isDirectory(directory)) return;
  try {
    mkdirSync(directory, 0o755);
  } catch (error) {
    if (!hasCode(error, 'EEXIST')) throw asSyscallError(error);
  }
}

/** A file's content without the last newline; `undefined` when the file or the cgroup is not there. */
export function readControl(directory: string, file: string): string | undefined {
  try {
    return readFileSync(`${directory}/${file}`, 'utf8').trimEnd();
  } catch (error) {
    // ENODEV: the cgroup went away between open and read. EOPNOTSUPP: a threaded cgroup lists no processes.
    if (hasCode(error, 'ENOENT', 'ENOTDIR', 'ENODEV', 'EOPNOTSUPP')) return undefined;
    throw asSyscallError(error);
  }
}

export function writeControl(directory: string, file: string, value: string): void {
  const path = join(directory, file);
  try {
    writeFileSync(path, value);
  } catch (error) {
    // cgroupfs answers the attempt to create a file with EACCES or EPERM.
    const missing = hasCode(error, 'EACCES', 'EPERM') && !existsSync(path);
    throw asSyscallError(error, {
      path,
      hint: `writing ${JSON.stringify(value)}${missing ? '; there is no such file: its controller is not enabled in this cgroup, or the kernel lacks the feature' : ''}`,
    });
  }
}

/**
 * Writes limits. Some are refused while another has its old value (a quota against its period, memory
 * against memory and swap), so a refused one is tried once more after the others.
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

/** The cgroup's directory and all below it, children before their parents; none when it does not exist. */
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

/** The pids in some directories and all below them, each once. */
export function processesBelow(directories: readonly string[]): number[] {
  const pids = directories
    .flatMap(subtree)
    .flatMap((directory) => (readControl(directory, 'cgroup.procs') ?? '').split('\n'))
    .filter((line) => line !== '')
    .map(Number);
  return [...new Set(pids)];
}

/** Sends SIGKILL to pids that were just read from a cgroup. */
export function killEach(pids: readonly number[]): void {
  const SIGKILL = 9;
  // 0 stands for a process outside of our PID namespace, and would mean our own process group here.
  for (const pid of pids) if (pid > 0) kill(pid, SIGKILL);
}

const DEFAULT_TIMEOUT_MS = 2_000;
const MAX_PAUSE_MS = 50;

/** Removes directories and all below them, waiting for the processes' end by event. */
export async function removeTrees(
  path: string,
  directories: readonly string[],
  killAll: () => void,
  { kill: mayKill = false, timeoutMs = DEFAULT_TIMEOUT_MS }: RemoveOptions = {},
): Promise<void> {
  const deadline = AbortSignal.timeout(timeoutMs);
  for (let pause = 1; ; pause = Math.min(pause * 2, MAX_PAUSE_MS)) {
    const busy = directories.flatMap(subtree).filter((directory) => !removeDirectory(directory));
    if (busy.length === 0) return;
    const pids = processesBelow(directories);
    if (deadline.aborted) throw stillBusy(path, busy, pids, timeoutMs);
    if (mayKill) killAll();
    await Promise.all(pids.map((pid) => exited(pid, deadline)));
    // A process is out of its list a moment before the cgroup counts as empty.
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
