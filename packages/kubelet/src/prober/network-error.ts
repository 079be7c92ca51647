// Errors of connections in the words of Go's net package: events and log lines have them, and people search for them.
import type { Socket } from 'node:net';
import { hasCode } from '@berth/common/error-code.ts';
import { messageOf } from '@berth/common/error-message.ts';
import { joinHostPort } from '@berth/common/host-port.ts';

const texts: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EADDRNOTAVAIL: 'cannot assign requested address',
  ECONNREFUSED: 'connection refused',
  ECONNRESET: 'connection reset by peer',
  EHOSTUNREACH: 'no route to host',
  EINVAL: 'invalid argument',
  ENETUNREACH: 'network is unreachable',
  EPIPE: 'broken pipe',
  ETIMEDOUT: 'connection timed out',
};

/**
 * What Go tells of an error of a TCP connection to `host`. Pure.
 *
 * @param socket tells the local end of a connection that had been made
 */
export function networkError(
  error: unknown,
  { host, port }: { host: string; port: number },
  socket?: Pick<Socket, 'localAddress' | 'localPort'> | null,
): string {
  const remote = joinHostPort(host, port);
  if (hasCode(error, 'ENOTFOUND')) return `dial tcp: lookup ${host}: no such host`;
  // Node.js has the same code for a server that closes, and one that resets.
  if (hasCode(error, 'ECONNRESET') && messageOf(error) === 'socket hang up') return 'EOF';
  const { code, syscall = '' } = error as { code?: string; syscall?: string };
  const text = code === undefined ? undefined : texts[code];
  if (text === undefined) return messageOf(error);
  if (syscall === 'connect') return `dial tcp ${remote}: connect: ${text}`;
  const { localAddress, localPort } = socket ?? {};
  if (localAddress === undefined || localPort === undefined) return `${syscall}: ${text}`;
  return `${syscall} tcp ${joinHostPort(localAddress, localPort)}->${remote}: ${syscall}: ${text}`;
}
