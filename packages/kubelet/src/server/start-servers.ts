// Starts the HTTP servers that the options enable.
import { createServer, type Server } from 'node:http';
import { plainMessage } from '@berth/common/errno-text.ts';
import { hasCode } from '@berth/common/error-code.ts';
import { listenOnSocket } from '@berth/cri/server/socket.ts';
import { listen } from '@berth/http/listen.ts';
import { createLogger } from '../klog/klog.ts';
import type { KubeletOptions } from '../options/kubelet-options.ts';
import { type HttpServerPorts, serveRoutes } from './http/http-server.ts';
import { indexRoutes } from './http/route-match.ts';
import { privateRoutes, readOnlyRoutes, type ServerHost } from './kubelet-routes.ts';
import { privateSocket } from './private-socket.ts';
import { healthRoutes, pingOnly } from './routes/health.ts';
import { type ServerCluster, startSecureServer } from './secure-server.ts';

const log = createLogger('start-servers.ts');

/** Servers that run. */
export interface RunningServer {
  /** Closes the server and its connections. */
  close(): void;
}

/**
 * Listens on the socket for root and on the ports that are not 0. Throws when one is not available.
 *
 * @param cluster what the secure port gets from an API server
 */
export async function startServers(
  options: KubeletOptions,
  host: ServerHost,
  cluster: ServerCluster = {},
): Promise<RunningServer[]> {
  const servers: RunningServer[] = [];
  try {
    for await (const server of starting(options, host, cluster)) servers.push(server);
    return servers;
  } catch (error) {
    for (const server of servers) server.close();
    throw error;
  }
}

async function* starting(
  { rootDir, nodeName, secureServer, readOnlyServer, healthzServer }: KubeletOptions,
  host: ServerHost,
  cluster: ServerCluster,
): AsyncGenerator<RunningServer> {
  const readOnly: HttpServerPorts = {
    index: indexRoutes(readOnlyRoutes(host)),
    serverType: 'readonly',
    gate: undefined,
    observe: host.observe,
  };
  const socket = privateSocket(rootDir);
  if (socket !== undefined) {
    yield await servePrivately(socket, { ...readOnly, index: indexRoutes(privateRoutes(host)) });
  } else {
    log.warn('No socket for berth: the path of the root directory is too long', { path: rootDir });
  }
  if (readOnlyServer.port !== 0) {
    yield await listenTcp(plainServer(readOnly), { ...readOnlyServer, flag: '--read-only-port' });
  }
  if (healthzServer.port !== 0) {
    const server = plainServer({
      ...readOnly,
      index: indexRoutes(healthRoutes(pingOnly, host.onHealthCheck)),
    });
    yield await listenTcp(server, { ...healthzServer, flag: '--healthz-port' });
  }
  if (secureServer.port !== 0) {
    const { server, stop } = await startSecureServer(secureServer, { host, nodeName, ...cluster });
    try {
      const listening = await listenTcp(server, { ...secureServer, flag: '--port' });
      yield {
        close: () => {
          stop();
          listening.close();
        },
      };
    } catch (error) {
      stop();
      throw error;
    }
  }
}

function plainServer(ports: HttpServerPorts): Server {
  const server = createServer();
  serveRoutes(server, ports);
  return server;
}

/** Serves on a Unix socket to which only root can connect. */
async function servePrivately(socketPath: string, ports: HttpServerPorts): Promise<RunningServer> {
  const server = plainServer(ports);
  await listenOnSocket(server, socketPath, {
    mode: 0o600,
    onError: (error) => log.error('Unable to accept a connection', { socketPath, err: error }),
  });
  return { close: () => server.close().closeAllConnections() };
}

/** Listens; says which flag to change when the port is taken. */
async function listenTcp(
  server: Server,
  { address, port, flag }: { address: string; port: number; flag: string },
): Promise<RunningServer> {
  try {
    await listen(server, { port, host: address }, (error) =>
      log.error('Unable to accept a connection', { address, port, err: error }),
    );
  } catch (error) {
    const isTaken = hasCode(error, 'EADDRINUSE');
    const hint = isTaken
      ? `in use; is another kubelet running? Choose another with ${flag}`
      : plainMessage(error);
    throw new Error(`unable to listen on ${address}:${port}: ${hint}`);
  }
  log.v(1, 'Started to listen', { address, port });
  return { close: () => server.close().closeAllConnections() };
}
