// What the clients say of a server that cannot be reached, in the words of Go's gRPC: people and scripts look
// for them.
import { CriError } from '../errors/cri-error.ts';

const dialErrors: Readonly<Record<string, string>> = {
  ENOENT: 'no such file or directory',
  ECONNREFUSED: 'connection refused',
  EACCES: 'permission denied',
  ENOTSOCK: 'socket operation on non-socket',
};

/** Nobody listens on the socket, or not for us: connect(2) failed with `errno`. */
export function dialError(socketPath: string, errno: string, rpc: string): CriError {
  const reason = dialErrors[errno] ?? errno;
  return new CriError(
    'UNAVAILABLE',
    `connection error: desc = "transport: Error while dialing: dial unix ${socketPath}: connect: ${reason}"`,
    { rpc },
  );
}

/** Somebody listens on the socket, but does not speak gRPC. */
export function prefaceError(socketPath: string, reason: string, rpc: string): CriError {
  return new CriError(
    'UNAVAILABLE',
    `connection error: desc = "error reading server preface: read unix ${socketPath}: ${reason}"`,
    { rpc },
  );
}

export const prefaceProblems = {
  closed: 'the server closed the connection',
  notHttp2: 'the server does not speak HTTP/2, as gRPC does',
} as const;

/** The call took longer than it may, `isConnecting` when it was not even sent. */
export function deadlineError(isConnecting: boolean, rpc: string): CriError {
  const until = isConnecting ? ' while waiting for connections to become ready' : '';
  return new CriError('DEADLINE_EXCEEDED', `context deadline exceeded${until}`, { rpc });
}

export function cancelledError(rpc: string): CriError {
  return new CriError('CANCELLED', 'context canceled', { rpc });
}
