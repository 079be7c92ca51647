// Calls of the C library and of the kernel through koffi, the only FFI of the repository.
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
  | 'const char **'
  | 'msghdr *';
/** The message of recvmsg(2), with one buffer for data; `control` is read and written in place. */
export interface MessageHeader {
  name: null;
  nameLength: 0;
  buffers: { base: Uint8Array; length: number };
  bufferCount: 1;
  control: Uint8Array;
  controlLength: number;
  flags: 0;
}
export type CArgument =
  | number
  | bigint
  | string
  | Uint8Array
  | readonly (string | null)[]
  | MessageHeader
  | null;

type Koffi = typeof import('koffi');

type NativeFunction = (...args: CArgument[]) => number | bigint;

/** A declared function. Throws SyscallError when the call fails; `about` (a path, an interface) is for its message. */
export type LibcFunction = (about: string | undefined, ...args: CArgument[]) => number;

let loaded: { koffi: Koffi; library: ReturnType<Koffi['load']> } | undefined;

/** Loads koffi at the first call, never at import: it takes 8 MiB and several ms. */
function load() {
  if (loaded === undefined) {
    const koffi: Koffi = createRequire(import.meta.url)('koffi');
    koffi.struct('iovec', { base: 'void *', length: 'size_t' });
    koffi.struct('msghdr', {
      name: 'void *',
      nameLength: 'uint32_t',
      buffers: 'iovec *',
      bufferCount: 'size_t',
      control: 'void *',
      controlLength: 'size_t',
      flags: 'int',
    });
    loaded = { koffi, library: koffi.load(null) };
  }
  return loaded;
}

/**
 * Calls back once, when a descriptor becomes readable, and keeps this process alive until then. Returns a function
 * that cancels the wait. The descriptor must stay open until the callback or the cancellation.
 */
export function onceReadable(descriptor: number, callback: () => void): () => void {
  let immediate: NodeJS.Immediate | undefined;
  const handle = load().koffi.node.poll(descriptor, { readable: true }, () => {
    // This reference also keeps the handle from being garbage collected, which would close it.
    handle.close();
    // koffi calls directly from libuv, after which Node does not drain the microtask queue: promise reactions would
    // wait until the event loop wakes up for something else.
    immediate = setImmediate(callback);
  });
  return () => {
    handle.close();
    clearImmediate(immediate);
  };
}

/** A watch on a descriptor. */
export interface DescriptorWatch {
  /** Sets the events to wait for; none pauses the watch. */
  want(events: { readable: boolean; writable: boolean }): void;
  /** Ends the watch. The descriptor must stay open until then. */
  close(): void;
}

/**
 * Calls back from the event loop's next turn while a descriptor is ready for the wanted events (level-triggered).
 * Errors and hang-ups count as ready. Keeps this process alive while it waits.
 */
export function watchDescriptor(descriptor: number, callback: () => void): DescriptorWatch {
  let handle: ReturnType<Koffi['node']['poll']> | undefined;
  let immediate: NodeJS.Immediate | undefined;
  // Deferred by setImmediate; see onceReadable.
  const onEvent = () => {
    immediate ??= setImmediate(() => {
      immediate = undefined;
      callback();
    });
  };
  return {
    want: (events) => {
      if (!events.readable && !events.writable) handle?.stop();
      else if (handle === undefined) handle = load().koffi.node.poll(descriptor, events, onEvent);
      else handle.start(events, onEvent);
    },
    close: () => {
      handle?.close();
      clearImmediate(immediate);
    },
  };
}

/**
 * Declares a function of the C library that returns -1 and sets errno when it fails. The library is loaded at the
 * first call.
 *
 * @example
 * const umount2 = libcFunction('umount2', ['str', 'int']);
 * assert.throws(() => umount2('/absent', '/absent', 0), {
 *   message: 'umount2 /absent: no such file or directory (ENOENT)',
 * });
 */
export function libcFunction(
  name: string,
  parameters: CType[],
  result: 'int' | 'long' = 'int',
): LibcFunction {
  return declare(name, (library) => library.func(name, result, parameters));
}

/** Declares a function of the C library that returns 0 or an errno, as the posix_spawn functions do. */
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
 * Declares a function of the C library that runs on another thread, for calls that block. Resolves with the return
 * value; errno is not available.
 */
export function backgroundFunction(
  name: string,
  parameters: CType[],
): (...args: number[]) => Promise<number> {
  let bound: ReturnType<ReturnType<Koffi['load']>['func']> | undefined;
  return (...args) => {
    bound ??= load().library.func(name, 'int', parameters);
    const call = bound;
    return new Promise((resolve, reject) => {
      call.async(...args, (error: Error | null, result: number) => {
        // Deferred by setImmediate; see onceReadable.
        setImmediate(() => (error === null ? resolve(result) : reject(error)));
      });
    });
  };
}

/** Declares a function of the C library that returns nothing and cannot fail. */
export function voidFunction(
  name: string,
  parameters: CType[],
): (about: string | undefined, ...args: CArgument[]) => void {
  return declare(name, (library) => library.func(name, 'void', parameters));
}

/**
 * Declares a system call that the C library may not wrap. Only for numbers that are the same on every architecture,
 * which holds from 424 on.
 */
export function systemCall(name: string, number: number, parameters: CType[]): LibcFunction {
  return declare(name, (library) => {
    const syscall = library.func('syscall', 'long', ['long', ...parameters]);
    return (...args) => syscall(number, ...args);
  });
}

/** Declares a system call whose number depends on the architecture, given by Node's process.arch. */
export function perArchitectureCall(
  name: string,
  numbers: Readonly<Record<string, number>>,
  parameters: CType[],
): LibcFunction {
  return declare(name, (library) => {
    const number = numbers[process.arch];
    if (number === undefined) throw new Error(`${name} is not known on ${process.arch}`);
    const syscall = library.func('syscall', 'long', ['long', ...parameters]);
    return (...args) => syscall(number, ...args);
  });
}

let findSymbol: NativeFunction | undefined;

/** Address of a function of the C library, for calls that take one. */
export function symbolAddress(name: string): bigint {
  const { library } = load();
  findSymbol ??= library.func('dlsym', 'size_t', ['void *', 'str']);
  const address = BigInt(findSymbol(null, name));
  if (address === 0n) throw new Error(`the C library has no function ${name}`);
  return address;
}

/** The address of a buffer. Keep a reference to the buffer while the C library uses the address. */
export function addressOf(buffer: Uint8Array): bigint {
  return load().koffi.address(buffer);
}

const close = libcFunction('close', ['int']);

/**
 * Closes a descriptor that a call of this package opened. Not fs.closeSync: in a worker thread Node warns of
 * descriptors that it did not open itself.
 */
export function closeDescriptor(descriptor: number): void {
  close(`descriptor ${descriptor}`, descriptor);
}

function declare(name: string, bind: (library: ReturnType<Koffi['load']>) => NativeFunction): LibcFunction {
  let bound: NativeFunction | undefined;
  return (about, ...args) => {
    // C would end the string at the NUL and act on another path.
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
    // Read errno at once: the next libc call on this thread overwrites it.
    if (result === -1) throw new SyscallError({ syscall: name, errno: ffi.errno(), path: about });
    return Number(result);
  };
}

function containsNul(argument: CArgument): boolean {
  if (typeof argument === 'string') return argument.includes('\0');
  return Array.isArray(argument) && argument.some(containsNul);
}
