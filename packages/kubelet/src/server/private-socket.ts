// The socket on which the kubelet serves root alone.
import { join } from 'node:path';

/** A Unix socket's path has no more octets than this. */
const maxPath = 107;

/**
 * Where the kubelet of a root directory tells root alone about its pods, whatever ports it serves; undefined
 * when the directory's path is too long for a socket.
 */
export function privateSocket(rootDir: string): string | undefined {
  const path = join(rootDir, 'kubelet.sock');
  return Buffer.byteLength(path) > maxPath ? undefined : path;
}
