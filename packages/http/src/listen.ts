// Listens on a socket so that errors before and after the start are handled differently.
import type { ListenOptions, Server } from 'node:net';

/**
 * Listens. Calls bind(2) synchronously, and resolves when clients can connect. Later errors, such as EMFILE for a
 * connection, are passed to `onError` and do not end the process.
 */
export function listen(
  server: Server,
  options: ListenOptions,
  onError: (error: Error) => void = () => {},
): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once('error', reject);
  server.listen(options, () => {
    server.off('error', reject).on('error', onError);
    resolve();
  });
  return promise;
}
