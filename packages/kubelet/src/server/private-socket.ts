// The socket on which the kubelet serves root alone.
import { join } from 'node:path';

/** A Unix socket's path has no more octets than this. */
const maxPath = 107;

/**
 * The Unix socket in the root directory that serves root, independent of the configured ports; undefined when the
 * directory's path is too long for a socket.
 */
export function privateSocket(rootDir: string): string | undefined {
  const path = join(rootDir, 'kubelet.sock');
  return Buffer.byteLength(path) > maxPath ? undefined : path;
}
