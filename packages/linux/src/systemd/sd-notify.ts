// Tells systemd about readiness and status (NOTIFY_SOCKET), for berthd as a unit of Type=notify.
import { AF_UNIX, unixAddress } from '../sockets/unix-address.ts';
import { closeDescriptor, libcFunction } from '../syscall/libc.ts';

const socketCall = libcFunction('socket', ['int', 'int', 'int']);
const sendtoCall = libcFunction('sendto', ['int', 'void *', 'size_t', 'int', 'void *', 'uint'], 'long');

const SOCK_DGRAM = 2;
const SOCK_CLOEXEC = 0o2000000;
const msgDontwait = 0x40;
const msgNosignal = 0x4000;

/**
 * Sends states to the service manager, as sd_notify(3): `READY=1`, `STATUS=…`. Uses FFI because Node.js has no Unix
 * datagram sockets.
 *
 * @param socket the value of NOTIFY_SOCKET: a path, or an abstract name that begins with `@`
 * @throws SyscallError when nobody listens, EAGAIN when the receiver's queue is full
 */
export function sdNotify(socket: string, states: readonly string[]): void {
  const descriptor = socketCall(socket, AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  try {
    const message = Buffer.from(states.join('\n'));
    // Nonblocking: a manager that does not read must not block this process.
    const flags = msgDontwait | msgNosignal;
    const address = unixAddress(socket);
    sendtoCall(socket, descriptor, message, message.length, flags, address, address.length);
  } finally {
    closeDescriptor(descriptor);
  }
}
