// One kubelet at a time for one root directory. The lock is an abstract Unix socket: the kernel frees it with
// the process, however that ends, so there is never a stale one.
import { createServer } from 'node:net';

/** Takes the lock of the root directory until the process ends. Throws when another kubelet has it. */
export function lockRootDir(rootDir: string): Promise<void> {
  const server = createServer((connection) => connection.destroy());
  return new Promise((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => {
      const reason = cause.code === 'EADDRINUSE' ? 'another kubelet runs with it' : cause.message;
      reject(
        new Error(`root directory ${rootDir}: ${reason}; stop it or choose another --root-dir`, { cause }),
      );
    });
    server.listen(`\0berth-kubelet${rootDir}`, () => resolve());
    server.unref();
  });
}
