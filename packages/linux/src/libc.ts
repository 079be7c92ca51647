import { createRequire } from 'node:module';
import { constants } from 'node:os';
import { SyscallError } from './errno.ts';

/** C types as koffi names them. A `void *` takes a Buffer, which the call reads and writes in place. */
export type CType =
  | 'short'
  | 'int'
  | 'uint'
  | 'long'
  | 'ulong'
  | 'size_t'
  | 'str'
  | 'void *'
  | 'const char **';
export type CArgument = number | bigint | string | Uint8Array | readonly (string | null)[] | null;

type Koffi = typeof import('koffi');

type NativeFunction = (...args: CArgument[]) => number | bigint;

/** A declared call. Throws SyscallError when the call fails; `about` (a path, an interface) goes into the message. */
export type LibcFunction = (about: string | undefined, ...args: CArgument[]) => number;

let loaded: { koffi: Koffi; library: ReturnType<Koffi['load']> } | undefined;

/** Loads koffi (8 MiB, several ms), so only when the first call is made, never at import. */
function load() {
  if (loaded === undefined) {
    const koffi: Koffi = createRequire(import.meta.url)('koffi');
    loaded = { koffi, library: koffi.load(null) };
  }
  return loaded;
}

/**
 * Calls back once, when a descriptor can be read, and keeps this process alive until then. Returns what
 * cancels it. Only after either may the descriptor be closed.
 */
export function onceReadable(descriptor: number, callback: () => void): () => void {
  let immediate: NodeJS.Immediate | undefined;
  const handle = load().koffi.node.poll(descriptor, { readable: true }, () => {
    // That this function refers to the handle also keeps it from being collected, and so closed, too early.
    handle.close();
    // koffi calls straight from the event loop, where Node does not run promises' reactions afterwards: they
    // would wait for whatever wakes the loop next.
    immediate = setImmediate(callback);
  });
  return () => {
    handle.close();
    clearImmediate(immediate);
  };
}

/**
 * Declares a function of the C library that returns -1 and sets errno when it fails. Nothing is loaded
 * before the first call.
 *
 * @example
 * const umount2 = libcFunction('umount2', ['str', 'int']);
 * umount2('/mnt', '/mnt', 0); // throws SyscallError: umount2 /mnt: invalid argument (EINVAL)
 */
export function libcFunction(
  name: string,
  parameters: CType[],
  result: 'int' | 'long' = 'int',
): LibcFunction {
  return declare(name, (library) => library.func(name, result, parameters));
}

/** Declares a function of the C library that returns the error's number, or 0, as those of posix_spawn do. */
export function errnoFunction(
  name: string,
  parameters: CType[],
): (about: string | undefined, ...args: CArgument[]) => void {
  const call = declare(name, (library) => library.func(name, 'int', parameters));
  return (about, ...args) => {
    const errno = call(about, ...args);
    if (errno !== 0) throw new SyscallError({ syscall: name, errno, path: about });
  };
}

/**
 * Declares a system call for which the C library may have no function. Only numbers that are the same on
 * every architecture (424 and up are) may be given.
 */
export function systemCall(name: string, number: number, parameters: CType[]): LibcFunction {
  return declare(name, (library) => {
    const syscall = library.func('syscall', 'long', ['long', ...parameters]);
    return (...args) => syscall(number, ...args);
  });
}

const close = libcFunction('close', ['int']);

/**
 * Closes a descriptor that a call of this room opened. Not fs.closeSync: in a worker thread Node warns of
 * descriptors that it did not open itself.
 */
export function closeDescriptor(descriptor: number): void {
  close(`descriptor ${descriptor}`, descriptor);
}

function declare(name: string, bind: (library: ReturnType<Koffi['load']>) => NativeFunction): LibcFunction {
  let bound: NativeFunction | undefined;
  return (about, ...args) => {
    // C would cut the string short at a NUL and act on another path.
    if (args.some(containsNul)) {
      throw new SyscallError({
        syscall: name,
        errno: constants.errno.EINVAL,
        path: about,
        hint: 'a string contains a NUL byte',
      });
    }
    const { koffi: ffi, library } = load();
    bound ??= bind(library);
    const result = bound(...args);
    // Nothing may run between the call and this read: the next libc call on the thread overwrites errno.
    if (result === -1) throw new SyscallError({ syscall: name, errno: ffi.errno(), path: about });
    return Number(result);
  };
}

function containsNul(argument: CArgument): boolean {
  if (typeof argument === 'string') return argument.includes('\0');
  return Array.isArray(argument) && argument.some(containsNul);
}
