// The kubelet's Unix socket for root, on which `berth` asks for pods.
import { join } from 'node:path';

/** Maximum length of a Unix socket's path in bytes. */
const maxPath = 107;

/**
 * The path of the Unix socket in the root directory, which exists independently of the configured ports; undefined when
 * the path is too long for a socket.
 */
export function privateSocket(rootDir: string): string | undefined {
  const path = join(rootDir, 'kubelet.sock');
  return Buffer.byteLength(path) > maxPath ? undefined : path;
}
