import type { ListenOptions, Server } from 'node:net';

/**
 * Listens. Binds within this call, and resolves when clients can connect. Errors after that, as when no
 * descriptor is left for a connection, go to `onError`: they are no reason for the process to end.
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
