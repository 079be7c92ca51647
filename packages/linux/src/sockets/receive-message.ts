// recvmsg(2) with the descriptor that a message may carry (SCM_RIGHTS), which Node's sockets drop.
import { libcFunction } from '../syscall/libc.ts';

const recvmsgCall = libcFunction('recvmsg', ['int', 'msghdr *', 'int'], 'long');

const msgCmsgCloexec = 0x4000_0000;
const SOL_SOCKET = 1;
const scmRights = 1;
/** sizeof(struct cmsghdr): length (8), level (4), type (4). */
const headerBytes = 16;
const maxBytes = 4096;

/** What arrived: no bytes at the end of the connection. The caller closes the descriptor. */
export interface ReceivedMessage {
  bytes: Buffer;
  descriptor: number | undefined;
}

/** Receives what a nonblocking connection has, with the first descriptor in it. Throws EAGAIN when there is nothing. */
export function receiveMessage(about: string, connection: number): ReceivedMessage {
  const data = Buffer.alloc(maxBytes);
  // Space for one descriptor; the kernel closes further ones.
  const control = Buffer.alloc(headerBytes + 4);
  const length = recvmsgCall(
    about,
    connection,
    {
      name: null,
      nameLength: 0,
      buffers: { base: data, length: data.length },
      bufferCount: 1,
      control,
      controlLength: control.length,
      flags: 0,
    },
    msgCmsgCloexec,
  );
  // Still zero when the message had no descriptor.
  const isRights =
    control.readBigUInt64LE(0) >= BigInt(headerBytes + 4) &&
    control.readInt32LE(8) === SOL_SOCKET &&
    control.readInt32LE(12) === scmRights;
  const descriptor = isRights ? control.readInt32LE(headerBytes) : undefined;
  return { bytes: data.subarray(0, length), descriptor };
}
