// TCP sockets in the network namespace of a pod: made on the namespace thread, connected on the main thread.
import { Socket } from 'node:net';
import { hasCode } from '@berth/common/error-code.ts';
import { SyscallError } from '../syscall/errno.ts';
import { closeDescriptor, libcFunction, watchDescriptor } from '../syscall/libc.ts';

const socketCall = libcFunction('socket', ['int', 'int', 'int']);
const connectCall = libcFunction('connect', ['int', 'void *', 'uint']);
const getsockoptCall = libcFunction('getsockopt', ['int', 'int', 'int', 'void *', 'void *']);

export type IpFamily = 'IPv4' | 'IPv6';

const families: Record<IpFamily, number> = { IPv4: 2, IPv6: 10 };
const SOCK_STREAM = 1;
const SOCK_CLOEXEC = 0o2000000;
const SOCK_NONBLOCK = 0o4000;
const SOL_SOCKET = 1;
const SO_ERROR = 4;

/**
 * A new TCP socket in the calling thread's network namespace, to which it belongs whichever thread uses it later. The
 * caller closes it.
 */
export function openTcpSocket(family: IpFamily): number {
  return socketCall(family, families[family], SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
}

/**
 * Connects a socket of `openTcpSocket` to the loopback address of its namespace. Takes ownership of the descriptor, also
 * when it fails. The two directions of the connection end independently.
 * @throws SyscallError, e.g. ECONNREFUSED; the signal's reason when it aborts first
 */
export async function connectToLoopback(
  descriptor: number,
  family: IpFamily,
  port: number,
  signal?: AbortSignal,
): Promise<Socket> {
  const about = `${family === 'IPv4' ? '127.0.0.1' : '[::1]'}:${port}`;
  try {
    signal?.throwIfAborted();
    const address = loopbackAddress(family, port);
    try {
      connectCall(about, descriptor, address, address.length);
    } catch (error) {
      if (!hasCode(error, 'EINPROGRESS')) throw error;
      await writable(descriptor, signal);
    }
    const errno = Buffer.alloc(4);
    const length = Buffer.alloc(4);
    length.writeUInt32LE(errno.length);
    getsockoptCall(about, descriptor, SOL_SOCKET, SO_ERROR, errno, length);
    if (errno.readInt32LE() !== 0) {
      throw new SyscallError({ syscall: 'connect', errno: errno.readInt32LE(), path: about });
    }
    return new Socket({ fd: descriptor, readable: true, writable: true, allowHalfOpen: true });
  } catch (error) {
    closeDescriptor(descriptor);
    throw error;
  }
}

function loopbackAddress(family: IpFamily, port: number): Buffer {
  const address = Buffer.alloc(family === 'IPv4' ? 16 : 28);
  address.writeUInt16LE(families[family], 0);
  address.writeUInt16BE(port, 2);
  if (family === 'IPv4') address.set([127, 0, 0, 1], 4);
  else address.writeUInt8(1, 8 + 15);
  return address;
}

function writable(descriptor: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const finish = (settle: () => void) => {
      signal?.removeEventListener('abort', onAbort);
      watch.close();
      settle();
    };
    const onAbort = () => finish(() => reject(signal?.reason));
    const watch = watchDescriptor(descriptor, () => finish(resolve));
    watch.want({ readable: false, writable: true });
    signal?.addEventListener('abort', onAbort);
  });
}
