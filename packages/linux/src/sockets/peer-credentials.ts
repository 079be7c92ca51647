// SO_PEERCRED: the process at the other end of a Unix socket.
import { readlinkSync } from 'node:fs';
import { closeDescriptor, libcFunction } from '../syscall/libc.ts';
import { connectStream } from './connect-stream.ts';

const getsockoptCall = libcFunction('getsockopt', ['int', 'int', 'int', 'void *', 'void *']);

const SOL_SOCKET = 1;
const SO_PEERCRED = 17;

/** The process at the other end of a Unix socket at the time of connect(2). */
export interface PeerCredentials {
  pid: number;
  uid: number;
  gid: number;
  /** Path of its executable, when this process may see it. */
  program: string | undefined;
}

/** The peer of an accepted connection, given its descriptor. */
export function peerCredentials(descriptor: number): PeerCredentials {
  const credentials = Buffer.alloc(12);
  const length = Buffer.alloc(4);
  length.writeUInt32LE(credentials.length);
  getsockoptCall('peer', descriptor, SOL_SOCKET, SO_PEERCRED, credentials, length);
  const pid = credentials.readInt32LE(0);
  return {
    pid,
    uid: credentials.readUInt32LE(4),
    gid: credentials.readUInt32LE(8),
    program: programOf(pid),
  };
}

/**
 * The process that listens on a Unix socket, at the time of its listen(2).
 * @throws SyscallError, e.g. ENOENT, or ECONNREFUSED when nobody listens
 */
export function listenerOf(path: string): PeerCredentials {
  const descriptor = connectStream(path);
  try {
    return peerCredentials(descriptor);
  } finally {
    closeDescriptor(descriptor);
  }
}

function programOf(pid: number): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/exe`);
  } catch {
    // It has ended, or its PID namespace is not visible from this one.
    return undefined;
  }
}
