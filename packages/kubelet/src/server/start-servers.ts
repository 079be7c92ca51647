// Starts the HTTP servers that the options enable.
import type { Server } from 'node:http';
import { createLogger } from '../klog/klog.ts';
import type { KubeletOptions } from '../options/kubelet-options.ts';
import { privateSocket } from './private-socket.ts';
import { type ServerSubject, serveHealthz, servePrivately, serveReadOnly } from './read-only-server.ts';

const log = createLogger('start-servers.ts');

/** Listens on the socket for root and on the ports that are not 0. Throws when one is not available. */
export async function startServers(
  { rootDir, readOnlyServer, healthzServer }: KubeletOptions,
  subject: ServerSubject,
): Promise<Server[]> {
  const servers: Server[] = [];
  const socket = privateSocket(rootDir);
  if (socket !== undefined) servers.push(await servePrivately(socket, subject));
  else log.warn('No socket for berth: the path of the root directory is too long', { path: rootDir });
  if (readOnlyServer.port !== 0) {
    servers.push(await serveReadOnly(readOnlyServer.address, readOnlyServer.port, subject));
  }
  if (healthzServer.port !== 0) {
    servers.push(await serveHealthz(healthzServer.address, healthzServer.port, subject));
  }
  return servers;
}
