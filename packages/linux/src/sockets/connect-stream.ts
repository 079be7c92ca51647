// A connection to a Unix stream socket as a descriptor, for what Node's sockets cannot do.
import { closeDescriptor, libcFunction } from '../syscall/libc.ts';
import { AF_UNIX, UnixAddress } from './unix-address.ts';

const socketCall = libcFunction('socket', ['int', 'int', 'int']);
const connectCall = libcFunction('connect', ['int', 'void *', 'uint']);

const SOCK_STREAM = 1;
const SOCK_NONBLOCK = 0o4000;
const SOCK_CLOEXEC = 0o2000000;

/**
 * Connects to the socket at `path`. The descriptor does not block, and the caller closes it.
 * @throws SyscallError, e.g. ENOENT, or ECONNREFUSED when nobody listens
 */
export function connectStream(path: string): number {
  using address = new UnixAddress(path);
  const descriptor = socketCall(path, AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  try {
    connectCall(path, descriptor, address.bytes, address.bytes.length);
    return descriptor;
  } catch (error) {
    closeDescriptor(descriptor);
    throw error;
  }
}
