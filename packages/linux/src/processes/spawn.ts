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
   * What the program gets as its descriptors 0, 1, 2 and so on: descriptors of the caller's, which stay the
   * caller's to close, `'null'` for /dev/null, or the path of a terminal, which becomes the one that controls
   * its session. It gets no other that is close-on-exec, as all that Node and this package open are.
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
  /** Resolves when it has ended, and has been reaped. Keeps this process alive until then. */
  exited: Promise<ProcessEnd>;
}

// Opaque types of the C library are passed as buffers: glibc and musl let the caller allocate them.
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
const POSIX_SPAWN_SETSIGDEF = 0x04;
const POSIX_SPAWN_SETSIGMASK = 0x08;
const POSIX_SPAWN_SETSID = 0x80;
const F_DUPFD_CLOEXEC = 1030;
const O_RDWR = 2;
const WNOHANG = 1;
/** More than any C library's posix_spawn_file_actions_t and posix_spawnattr_t have. */
const opaqueBytes = 1024;
const signalSetBytes = 128;

/**
 * Starts a program in a session of its own, with every signal at its default, standing in / (a folder that
 * it stood in could not be unmounted). Returns when it runs. Node's spawn forks, which for a daemon of 90 MiB
 * means milliseconds of copying page tables and a fault for every page written afterwards; posix_spawn lends
 * its memory until the program runs.
 * @throws SyscallError when it cannot be started (ENOENT, EACCES, ETXTBSY, ENOEXEC without `#!`, …)
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
        // It is the target of another, and may have been overwritten by the time that it is copied.
        origin = fcntlCall(path, source, F_DUPFD_CLOEXEC, descriptors.length);
        moved.push(origin);
      }
      // A descriptor that is its own target is not copied, but is no longer close-on-exec.
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
  // Node ignores SIGPIPE, which a child would inherit.
  setDefaultSignals(undefined, buffer, Buffer.alloc(signalSetBytes, 0xff));
  setSignalMask(undefined, buffer, Buffer.alloc(signalSetBytes));
  setFlags(undefined, buffer, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSID);
  sharedAttributes = buffer;
  return buffer;
}

function watch(pid: number): StartedProcess {
  let descriptor: number;
  try {
    descriptor = pidfdOpen(pid);
  } catch (error) {
    // No descriptors left, most likely. A child that nobody waits for may not stay.
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
    // This pid and no other: libuv reaps its own children likewise, so that neither takes the other's. A
    // process that is being traced is its tracer's to reap first.
  } while (waitpidCall(`process ${pid}`, pid, status, WNOHANG) === 0);
  return processEnd(status.readInt32LE(0));
}

/** Reads a wait status, see wait(2). */
export function processEnd(status: number): ProcessEnd {
  const signal = status & 0x7f;
  if (signal === 0) return { code: (status >> 8) & 0xff, signal: null };
  return { code: null, signal: signalName(signal) ?? `signal ${signal}` };
}
