// Starts processes by posix_spawn(3), with any descriptors, and reaps them by pidfd.
import { closeDescriptor, errnoFunction, libcFunction, onceReadable } from '../syscall/libc.ts';
import { pidfdOpen } from './process.ts';
import { signalName } from './signals.ts';

/** A program to run. */
export interface Program {
  /** Absolute path of the executable. */
  path: string;
  /** Arguments after the program's own name, which is its path. */
  args: readonly string[];
  /** The whole environment. */
  env: Readonly<Record<string, string | undefined>>;
  /**
   * The program's descriptors 0, 1, 2 and so on: descriptors of the caller, which the caller closes, `'null'` for
   * /dev/null, or the path of a terminal, which becomes the controlling terminal of its session. It inherits no others,
   * because Node and this package open all files close-on-exec.
   */
  descriptors: readonly (number | 'null' | { terminal: string })[];
}

/** How a process ended: one of the two is set. */
export interface ProcessEnd {
  code: number | null;
  /** As in `SIGKILL`. */
  signal: string | null;
}

/** A running child process. */
export interface StartedProcess {
  /** Also the id of its session and its process group. */
  pid: number;
  /** Resolves when it has ended and was reaped. Keeps this process alive until then. */
  exited: Promise<ProcessEnd>;
}

// The opaque types of the C library are buffers here: in glibc and musl the caller allocates them.
const initActions = errnoFunction('posix_spawn_file_actions_init', ['void *']);
const addDup2 = errnoFunction('posix_spawn_file_actions_adddup2', ['void *', 'int', 'int']);
const addOpen = errnoFunction('posix_spawn_file_actions_addopen', ['void *', 'int', 'str', 'int', 'uint']);
const addChdir = errnoFunction('posix_spawn_file_actions_addchdir_np', ['void *', 'str']);
const destroyActions = errnoFunction('posix_spawn_file_actions_destroy', ['void *']);
const initAttributes = errnoFunction('posix_spawnattr_init', ['void *']);
const setDefaultSignals = errnoFunction('posix_spawnattr_setsigdefault', ['void *', 'void *']);
const setSignalMask = errnoFunction('posix_spawnattr_setsigmask', ['void *', 'void *']);
const setFlags = errnoFunction('posix_spawnattr_setflags', ['void *', 'short']);
const posixSpawn = errnoFunction('posix_spawn', [
  'void *',
  'str',
  'void *',
  'void *',
  'const char **',
  'const char **',
]);
const fcntlCall = libcFunction('fcntl', ['int', 'int', 'long']);
const waitpidCall = libcFunction('waitpid', ['int', 'void *', 'int']);

// From spawn.h, fcntl.h and sys/wait.h; the same in glibc and musl, on every architecture that Node runs on.
const posixSpawnSetsigdef = 0x04;
const posixSpawnSetsigmask = 0x08;
const posixSpawnSetsid = 0x80;
const fDupfdCloexec = 1030;
const O_RDWR = 2;
const WNOHANG = 1;
/** Larger than posix_spawn_file_actions_t and posix_spawnattr_t of any C library. */
const opaqueBytes = 1024;
const signalSetBytes = 128;

/**
 * Starts a program in a new session, with default signal dispositions, in the working directory / (another one could not
 * be unmounted while it runs). Returns after execve(2). Node's spawn forks, which costs a daemon of 90 MiB
 * milliseconds to copy its page tables and a fault for every page that it writes afterwards; posix_spawn shares the
 * memory until execve(2).
 * @throws SyscallError when it cannot be started (ENOENT, EACCES, ETXTBSY, ENOEXEC without `#!`, …)
 *
 * @example
 * const descriptors = ['null', 'null', 'null'] as const;
 * const { exited } = startProcess({ path: '/bin/sh', args: ['-c', 'exit 3'], env: {}, descriptors });
 * assert.deepEqual(await exited, { code: 3, signal: null });
 * assert.throws(() => startProcess({ path: '/absent', args: [], env: {}, descriptors }), { code: 'ENOENT' });
 */
export function startProcess({ path, args, env, descriptors }: Program): StartedProcess {
  const environment = Object.entries(env).flatMap(([name, value]) =>
    value === undefined ? [] : [`${name}=${value}`],
  );
  const pid = Buffer.alloc(4);
  const actions = Buffer.alloc(opaqueBytes);
  const moved: number[] = [];
  initActions(path, actions);
  try {
    addChdir(path, actions, '/');
    for (const [target, source] of descriptors.entries()) {
      if (typeof source !== 'number') {
        addOpen(path, actions, target, source === 'null' ? '/dev/null' : source.terminal, O_RDWR, 0);
        continue;
      }
      let origin = source;
      if (source < descriptors.length && source !== target) {
        // Its number is also the target of another descriptor: duplicate it before that overwrites it.
        origin = fcntlCall(path, source, fDupfdCloexec, descriptors.length);
        moved.push(origin);
      }
      // dup2 of a descriptor onto itself clears close-on-exec.
      addDup2(path, actions, origin, target);
    }
    posixSpawn(path, pid, path, actions, attributes(), [path, ...args, null], [...environment, null]);
  } finally {
    destroyActions(path, actions);
    for (const descriptor of moved) closeDescriptor(descriptor);
  }
  return watch(pid.readInt32LE(0));
}

let sharedAttributes: Buffer | undefined;

function attributes(): Buffer {
  if (sharedAttributes !== undefined) return sharedAttributes;
  const buffer = Buffer.alloc(opaqueBytes);
  initAttributes(undefined, buffer);
  // Node ignores SIGPIPE, and a child inherits ignored signals.
  setDefaultSignals(undefined, buffer, Buffer.alloc(signalSetBytes, 0xff));
  setSignalMask(undefined, buffer, Buffer.alloc(signalSetBytes));
  setFlags(undefined, buffer, posixSpawnSetsigdef | posixSpawnSetsigmask | posixSpawnSetsid);
  sharedAttributes = buffer;
  return buffer;
}

function watch(pid: number): StartedProcess {
  let descriptor: number;
  try {
    descriptor = pidfdOpen(pid);
  } catch (error) {
    // Probably EMFILE. Kill and reap the child, because nothing else would.
    process.kill(pid, 'SIGKILL');
    waitpidCall(`process ${pid}`, pid, Buffer.alloc(4), 0);
    throw error;
  }
  return { pid, exited: reaped(pid, descriptor).finally(() => closeDescriptor(descriptor)) };
}

async function reaped(pid: number, descriptor: number): Promise<ProcessEnd> {
  const status = Buffer.alloc(4);
  do {
    // A pidfd becomes readable when its process ends.
    await new Promise<void>((resolve) => onceReadable(descriptor, resolve));
    // Wait for this pid only: libuv reaps its own children the same way, so neither takes the other's. The result is 0
    // while a tracer has not reaped the process yet.
  } while (waitpidCall(`process ${pid}`, pid, status, WNOHANG) === 0);
  return processEnd(status.readInt32LE(0));
}

/** Reads a wait status, see wait(2). */
export function processEnd(status: number): ProcessEnd {
  const signal = status & 0x7f;
  if (signal === 0) return { code: (status >> 8) & 0xff, signal: null };
  return { code: null, signal: signalName(signal) ?? `signal ${signal}` };
}
