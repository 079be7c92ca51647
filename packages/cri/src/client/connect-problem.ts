// Tests whether a server listens on a socket: chooses the default endpoint, and explains connection errors.
import { connectUnixSocket } from '../http2/unix-socket.ts';

/** The error code of connecting to a socket, such as `ENOENT`; undefined when a server accepts connections. */
export function connectProblem(socketPath: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    const probe = connectUnixSocket(socketPath, {
      open: () => {
        probe.destroy();
        resolve(undefined);
      },
      data: () => {},
      lost: (reason) => resolve('code' in reason ? String(reason.code) : reason.message),
    });
  });
}
