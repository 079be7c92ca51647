// A listening Unix socket for gRPC and HTTP/1.
import { lchown, lstat, mkdir, unlink } from 'node:fs/promises';
import { createConnection, type Server, type Socket } from 'node:net';
import { dirname } from 'node:path';
import { listen } from '@berth/http/listen.ts';

/** Who may connect, and what is called for connections that could not be accepted. */
export interface SocketOptions {
  /** Permissions of the socket, 0660 by default. */
  mode?: number | undefined;
  /** Group of the socket, that of this process by default. */
  gid?: number | undefined;
  onError?: ((error: Error) => void) | undefined;
}

/**
 * Listens on `socketPath` with permissions that are set before a client can connect. Replaces the socket of a dead
 * server; throws when a live server answers there or the path is not a socket.
 */
export async function listenOnSocket(
  server: Server,
  socketPath: string,
  { mode = 0o660, gid, onError }: SocketOptions = {},
): Promise<void> {
  await mkdir(dirname(socketPath), { recursive: true, mode: 0o755 });
  await removeStaleSocket(socketPath);
  // Node.js calls bind(2) within listen(), so the umask sets the mode of the new socket.
  const before = process.umask(0o777 & ~mode);
  let listening: Promise<void>;
  try {
    listening = listen(server, { path: socketPath }, onError);
  } finally {
    process.umask(before);
  }
  await listening;
  if (gid !== undefined) await lchown(socketPath, process.geteuid?.() ?? 0, gid);
}

async function removeStaleSocket(socketPath: string): Promise<void> {
  const stat = await lstat(socketPath).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (stat === undefined) return;
  if (!stat.isSocket()) {
    throw new Error(`${socketPath} exists and is not a socket; remove it or choose another socket path`);
  }
  if (await answers(socketPath)) {
    throw new Error(
      `${socketPath} is in use by a running server; stop that one or choose another socket path`,
    );
  }
  await unlink(socketPath);
}

function answers(socketPath: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const probe = createConnection(socketPath);
    probe.once('connect', () => {
      probe.destroy();
      resolve(true);
    });
    probe.once('error', (error: NodeJS.ErrnoException) => {
      // EAGAIN: the backlog of a live listener is full.
      if (error.code === 'ECONNREFUSED' || error.code === 'ENOENT') resolve(false);
      else if (error.code === 'EAGAIN') resolve(true);
      else reject(error);
    });
  });
}

const http2Preface = Buffer.from('PRI * HTTP/2.0');
/** Timeout of the first bytes of a connection. */
const firstBytesTimeoutMs = 10_000;

/**
 * Detects the protocol by the first bytes of a connection, and unshifts them: gRPC clients send the HTTP/2 preface,
 * anything else is HTTP/1. Closes a connection that sends nothing in time.
 */
export function detectProtocol(
  socket: Socket,
  onDetected: (protocol: 'grpc' | 'http1') => void,
  timeoutMs = firstBytesTimeoutMs,
): void {
  let seen = Buffer.alloc(0);
  const timer = setTimeout(() => socket.destroy(), timeoutMs).unref();
  const read = () => {
    const chunk: unknown = socket.read();
    if (!Buffer.isBuffer(chunk)) return;
    seen = Buffer.concat([seen, chunk]);
    const compared = Math.min(seen.length, http2Preface.length);
    const isPreface = seen.subarray(0, compared).equals(http2Preface.subarray(0, compared));
    if (isPreface && compared < http2Preface.length) return;
    clearTimeout(timer);
    socket.off('readable', read).off('close', stop);
    socket.unshift(seen);
    onDetected(isPreface ? 'grpc' : 'http1');
    socket.off('error', ignore);
  };
  // Ignore errors of a client that disconnects before its first byte.
  const ignore = () => {};
  const stop = () => clearTimeout(timer);
  socket.on('error', ignore).on('readable', read).once('close', stop);
}
