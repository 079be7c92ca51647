import { hasCode } from '@berth/common/error-code.ts';
import { AF_UNIX, unixAddress } from '../sockets/unix-address.ts';
import { closeDescriptor, libcFunction } from '../syscall/libc.ts';

const socketCall = libcFunction('socket', ['int', 'int', 'int']);
const bindCall = libcFunction('bind', ['int', 'void *', 'uint']);
const recvCall = libcFunction('recv', ['int', 'void *', 'size_t', 'int'], 'long');

/** A Unix datagram socket such as a service manager's NOTIFY_SOCKET. */
export class DatagramSocket implements Disposable {
  readonly #descriptor: number;

  constructor(path: string) {
    const SOCK_DGRAM = 2;
    const SOCK_NONBLOCK_CLOEXEC = 0o2004000;
    this.#descriptor = socketCall(path, AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK_CLOEXEC, 0);
    const address = unixAddress(path);
    bindCall(path, this.#descriptor, address, address.length);
  }

  /** The next message; undefined when the queue is empty. */
  receive(): string | undefined {
    const buffer = Buffer.alloc(4096);
    try {
      const length = recvCall('datagram socket', this.#descriptor, buffer, buffer.length, 0);
      return buffer.toString('utf8', 0, length);
    } catch (error) {
      if (hasCode(error, 'EAGAIN')) return undefined;
      throw error;
    }
  }

  [Symbol.dispose](): void {
    closeDescriptor(this.#descriptor);
  }
}
