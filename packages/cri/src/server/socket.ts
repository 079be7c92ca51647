// The listening end of a Unix socket that gRPC and HTTP/1 share.
import { lstat, mkdir, unlink } from 'node:fs/promises';
import { createConnection, type Server, type Socket } from 'node:net';
import { dirname } from 'node:path';
import { listen } from '@berth/http/listen.ts';

/**
 * Has a server listen on `socketPath`, with `mode` in place before anyone can connect. Takes over the socket of a
 * server that died; throws when a live one answers there or when the path is something else. `onError` hears of
 * connections that could not be accepted.
 */
export async function listenOnSocket(
  server: Server,
  socketPath: string,
  mode: number,
  onError?: (error: Error) => void,
): Promise<void> {
  await mkdir(dirname(socketPath), { recursive: true, mode: 0o755 });
  await removeStaleSocket(socketPath);
  // Node binds a Unix socket within this call, so the umask decides its mode from the first moment on.
  const before = process.umask(0o777 & ~mode);
  let listening: Promise<void>;
  try {
    listening = listen(server, { path: socketPath }, onError);
  } finally {
    process.umask(before);
  }
  await listening;
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
      // A full backlog (EAGAIN) has a listener behind it.
      if (error.code === 'ECONNREFUSED' || error.code === 'ENOENT') resolve(false);
      else if (error.code === 'EAGAIN') resolve(true);
      else reject(error);
    });
  });
}

const http2Preface = Buffer.from('PRI * HTTP/2.0');
/** How long a client may take to say which protocol it speaks. */
const firstBytesTimeoutMs = 10_000;

/**
 * Waits for the first bytes of a connection and leaves them in it. Every gRPC client opens with the
 * HTTP/2 preface; what else comes is taken for HTTP/1. A client that says nothing is cut off after a while.
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
  // A client that hangs up before its first byte is none of our business.
  const ignore = () => {};
  const stop = () => clearTimeout(timer);
  socket.on('error', ignore).on('readable', read).once('close', stop);
}
