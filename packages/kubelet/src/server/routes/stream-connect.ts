// Connects a client of exec, attach or port-forward to the URL of the runtime's streaming server.
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createLogger } from '../../klog/klog.ts';
import { respondError } from '../http/respond.ts';
import type { RouteTarget } from '../http/routes.ts';
import { dialUpstream, hijack, join, passAnswer } from '../http/upgrade-proxy.ts';
import { grpcText } from './grpc-text.ts';
import { type StreamOptions, webSocketProtocols } from './stream-options.ts';

const log = createLogger('stream-connect.ts');

/** Prefix of the subprotocols that carry SPDY in a WebSocket. */
export const tunnelPrefix = 'SPDY/3.1+';

/** A client that has asked for an upgrade, and where to. */
export interface StreamClient {
  request: IncomingMessage;
  response: ServerResponse;
  upgrade: NonNullable<RouteTarget['upgrade']>;
  /** The runtime's URL. */
  url: URL;
  /** Longest silence of the connection. */
  idleTimeoutMs: number;
}

/** Connects the client to the runtime, in the protocol that they agree on. */
export async function passOn({
  request,
  response,
  upgrade,
  url,
  idleTimeoutMs,
}: StreamClient): Promise<void> {
  try {
    const upstream = await dialUpstream(url, request);
    if ('status' in upstream) return passAnswer(response, upstream);
    const client = hijack(request, response, upgrade);
    client.write(upstream.header);
    await join(client, upstream.socket, idleTimeoutMs);
  } catch (error) {
    fail(response, error);
  }
}

function fail(response: ServerResponse, error: unknown): void {
  log.error('Error while proxying request', { err: error });
  if (!response.headersSent && response.socket !== null) respondError(response, 500, grpcText(error));
}

/** Serves the newest WebSocket protocol, and is a client of the runtime in the older one over SPDY. */
export async function translateCommand(
  { request, response, upgrade, url, idleTimeoutMs }: StreamClient,
  kind: 'exec' | 'attach',
  options: StreamOptions,
): Promise<void> {
  const { acceptWebSocketCommand } = await import('@berth/streaming/server/remote-command-websocket.ts');
  const { serveRemoteCommand } = await import('@berth/streaming/server/remote-command.ts');
  const { remoteCommand } = await import('@berth/streaming/client/remote-command.ts');
  const socket = hijack(request, response, upgrade);
  const asked = { request, socket, head: Buffer.alloc(0) };
  const connection = await acceptWebSocketCommand(asked, options, { idleTimeoutMs });
  if (connection === undefined) return;
  const doing = kind === 'exec' ? 'executing command in' : 'attaching to';
  const outcome = await serveRemoteCommand(connection, remoteOf(request), doing, async (streams) => {
    const { stdin, stdout, stderr, resize, signal } = streams;
    try {
      return await remoteCommand({
        url: url.href,
        tty: options.tty,
        ...(stdin && { stdin }),
        ...(stdout && { stdout }),
        ...(stderr && { stderr }),
        ...(options.tty && { resize }),
        signal,
      });
    } catch (error) {
      // The runtime's own words, not in this server's once more.
      throw new Error(grpcText(error).replace(`Internal error occurred: error ${doing} container: `, ''), {
        cause: error,
      });
    }
  });
  if ('error' in outcome) log.v(2, 'A stream has failed', { kind, err: outcome.error });
}

/** Takes SPDY out of a WebSocket. */
export async function tunnelPortForward({
  request,
  response,
  upgrade,
  url,
  idleTimeoutMs,
}: StreamClient): Promise<void> {
  const { upgradeToWebSocket } = await import('@berth/streaming/server/upgrade.ts');
  const { WebSocketTunnel } = await import('@berth/streaming/websocket/tunnel.ts');
  const offered = (webSocketProtocols(request) ?? []).filter((protocol) => protocol.startsWith(tunnelPrefix));
  try {
    const upstream = await dialUpstream(url, request, {
      method: 'POST',
      headers: {
        upgrade: 'SPDY/3.1',
        'x-stream-protocol-version': offered.map((protocol) => protocol.slice(tunnelPrefix.length)),
        'sec-websocket-protocol': undefined,
        'sec-websocket-key': undefined,
        'sec-websocket-version': undefined,
        'sec-websocket-extensions': undefined,
      },
    });
    if ('status' in upstream) return passAnswer(response, upstream);
    const socket = hijack(request, response, upgrade);
    const [, chosen = ''] = /^x-stream-protocol-version: *(\S+)/im.exec(upstream.header) ?? [];
    const accepted = await upgradeToWebSocket({ request, socket, head: Buffer.alloc(0) }, [
      `${tunnelPrefix}${chosen}`,
    ]);
    if (accepted === undefined) {
      upstream.socket.destroy();
      return;
    }
    const tunnel = new WebSocketTunnel(accepted.webSocket);
    tunnel.on('error', () => {});
    accepted.webSocket.resume();
    await join(tunnel, upstream.socket, idleTimeoutMs);
  } catch (error) {
    fail(response, error);
  }
}

function remoteOf({ socket }: IncomingMessage): string {
  return `${socket.remoteAddress}:${socket.remotePort}`;
}
