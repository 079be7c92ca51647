// SOCK_SEQPACKET, which node:net lacks: conmon's attach socket.
import { DescriptorStream } from '../streams/descriptor-stream.ts';
import { closeDescriptor, libcFunction } from '../syscall/libc.ts';
import { AF_UNIX, UnixAddress } from './unix-address.ts';

const socketCall = libcFunction('socket', ['int', 'int', 'int']);
const connectCall = libcFunction('connect', ['int', 'void *', 'uint']);
const shutdownCall = libcFunction('shutdown', ['int', 'int']);

const SOCK_SEQPACKET = 5;
const SOCK_CLOEXEC = 0o2000000;
const SOCK_NONBLOCK = 0o4000;
const shutWr = 1;

/**
 * Connects to a SOCK_SEQPACKET socket. Each chunk that is read is one packet; writes are split into packets of at most
 * `packetBytes`. Ending the stream half-closes the connection.
 * @throws SyscallError, e.g. ENOENT, ECONNREFUSED when nobody listens, EAGAIN when the listener's backlog is full
 */
export function connectPacketSocket(path: string, packetBytes: number): DescriptorStream {
  using address = new UnixAddress(path);
  const descriptor = socketCall(path, AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  try {
    connectCall(path, descriptor, address.bytes, address.bytes.length);
  } catch (error) {
    closeDescriptor(descriptor);
    throw error;
  }
  return new DescriptorStream(descriptor, {
    kind: 'packets',
    packetBytes,
    endWriting: () => shutdownCall(path, descriptor, shutWr),
  });
}
