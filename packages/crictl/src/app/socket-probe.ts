import { connectWire } from '@berth/cri/http2/wire.ts';

/** Why nobody can be reached at a socket, as `ENOENT`; undefined when somebody listens. */
export function connectProblem(socketPath: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    const probe = connectWire(socketPath, {
      open: () => {
        probe.destroy();
        resolve(undefined);
      },
      data: () => {},
      lost: (reason) => resolve('code' in reason ? String(reason.code) : reason.message),
    });
  });
}
