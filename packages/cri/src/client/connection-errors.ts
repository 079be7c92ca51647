// Errors of an unreachable server, in the messages of Go's gRPC, which people and scripts search for.
import { CriError } from '../errors/cri-error.ts';

const dialErrors: Readonly<Record<string, string>> = {
  ENOENT: 'no such file or directory',
  ECONNREFUSED: 'connection refused',
  EACCES: 'permission denied',
  ENOTSOCK: 'socket operation on non-socket',
};

/** connect(2) failed with `errno`. */
export function dialError(socketPath: string, errno: string, rpc: string): CriError {
  const reason = dialErrors[errno] ?? errno;
  return new CriError(
    'UNAVAILABLE',
    `connection error: desc = "transport: Error while dialing: dial unix ${socketPath}: connect: ${reason}"`,
    { rpc },
  );
}

/** The server on the socket does not speak gRPC. */
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

/** The deadline passed; `isConnecting`: before the connection was ready. */
export function deadlineError(isConnecting: boolean, rpc: string): CriError {
  const until = isConnecting ? ' while waiting for connections to become ready' : '';
  return new CriError('DEADLINE_EXCEEDED', `context deadline exceeded${until}`, { rpc });
}

export function cancelledError(rpc: string): CriError {
  return new CriError('CANCELLED', 'context canceled', { rpc });
}
