import { createRequire } from 'node:module';
import { constants } from 'node:os';
import { SyscallError } from './errno.ts';

/** C types as koffi names them. A `void *` takes a Buffer, which the call reads and writes in place. */
export type CType = 'int' | 'uint' | 'long' | 'ulong' | 'size_t' | 'str' | 'void *';
export type CArgument = number | bigint | string | Uint8Array | null;

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

/** koffi itself, for the few things that are no plain calls (polling a descriptor). */
export function koffi(): Koffi {
  return load().koffi;
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
    if (args.some((argument) => typeof argument === 'string' && argument.includes('\0'))) {
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
