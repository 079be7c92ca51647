import { opendirSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { hasCode } from '@berth/common/error-code.ts';
import { asSyscallError } from '../syscall/errno.ts';
import { parseLimits } from './rlimits.ts';

/** Numbers of open file descriptors of a process, and of sockets among them. */
export interface OpenFiles {
  readonly files: number;
  readonly sockets: number;
}

/** Counts the open files of a process; zero when it has exited, or when this process lacks ptrace access. */
export function openFiles(pid: number): OpenFiles {
  const directory = `/proc/${pid}/fd`;
  const names = ifReadable(() => readdirSync(directory)) ?? [];
  const sockets = names.filter((name) =>
    ifReadable(() => readlinkSync(`${directory}/${name}`))?.startsWith('socket:'),
  );
  return { files: names.length, sockets: sockets.length };
}

/**
 * Counts the open files of some processes. Looks at `most` descriptors at most, and then stops: a process may have a
 * million.
 */
export function openFilesOf(pids: readonly number[], most: number): OpenFiles {
  let [files, sockets] = [0, 0];
  for (const pid of pids) {
    if (files >= most) break;
    ifReadable(() => {
      using directory = opendirSync(`/proc/${pid}/fd`);
      for (let entry = directory.readSync(); entry !== null && files < most; entry = directory.readSync()) {
        const { name } = entry;
        files += 1;
        if (ifReadable(() => readlinkSync(`/proc/${pid}/fd/${name}`))?.startsWith('socket:')) sockets += 1;
      }
    });
  }
  return { files, sockets };
}

/** A process's soft limit of open files; `undefined` when it has exited. */
export function openFilesLimit(pid: number): bigint | undefined {
  const limits = ifReadable(() => readFileSync(`/proc/${pid}/limits`, 'utf8'));
  return parseLimits(limits ?? '').find(({ type }) => type === 'RLIMIT_NOFILE')?.soft;
}

function ifReadable<Value>(read: () => Value): Value | undefined {
  try {
    return read();
  } catch (error) {
    // EACCES: the files of a process with more privileges.
    if (hasCode(error, 'ENOENT', 'ESRCH', 'EACCES', 'EPERM')) return undefined;
    throw asSyscallError(error);
  }
}
