// /exec, /attach and /portForward: asks the runtime for a URL, and connects the client to it.
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { RuntimeClient } from '@berth/cri/client/client.ts';
import { findContainer } from '../../api/each-container.ts';
import { type PodWithStatus, podFullName } from '../../api/pod.ts';
import { createLogger } from '../../klog/klog.ts';
import { respondError, respondText } from '../http/respond.ts';
import type { Route, RouteHandler, RouteTarget } from '../http/routes.ts';
import { dialUpstream, hijack, join, passAnswer } from '../http/upgrade-proxy.ts';
import { podByName, readySandbox, runningContainer } from './find-container.ts';
import { grpcText, streamErrorStatus } from './grpc-text.ts';
import { forwardedPorts, type StreamOptions, streamOptions, webSocketProtocols } from './stream-options.ts';

const log = createLogger('streams.ts');

/** What these routes use. */
export interface StreamPorts {
  pods(): PodWithStatus[];
  runtime: Pick<RuntimeClient, 'listContainers' | 'listPodSandbox' | 'exec' | 'attach' | 'portForward'>;
  /** Longest silence of a connection. */
  idleTimeoutMs: number;
}

/** Prefix of the subprotocols that carry SPDY in a WebSocket. */
const tunnelPrefix = 'SPDY/3.1+';
/** The subprotocol in which a client can close its input; runtimes do not know it. */
const closingProtocol = 'v5.channel.k8s.io';
/** Seconds after which a runtime that has too many requests has forgotten some. */
const retryAfter = '60';

/** All routes, each with and without a UID. */
export function streamRoutes(ports: StreamPorts): Route[] {
  const withUid = (root: string, rest: string, handler: RouteHandler): Route[] =>
    [`${root}/{namespace}/{pod}${rest}`, `${root}/{namespace}/{pod}/{uid}${rest}`].map((path) => ({
      methods: ['GET', 'POST'],
      path,
      handler,
    }));
  return [
    ...withUid('/exec', '/{container}', (...request) => serveCommand(ports, 'exec', ...request)),
    ...withUid('/attach', '/{container}', (...request) => serveCommand(ports, 'attach', ...request)),
    ...withUid('/portForward', '', (...request) => servePortForward(ports, ...request)),
  ];
}

async function serveCommand(
  ports: StreamPorts,
  kind: 'exec' | 'attach',
  request: IncomingMessage,
  response: ServerResponse,
  target: RouteTarget,
): Promise<void> {
  const { params, query, upgrade } = target;
  const { namespace = '', pod = '', container = '' } = params;
  const options = streamOptions(query);
  if ('error' in options) return respondText(response, 400, options.error);
  const found = podByName(ports.pods(), namespace, pod);
  if (found === undefined) return respondText(response, 404, 'pod does not exist');
  let url: URL;
  try {
    const containerId = await runningContainer(ports.runtime, found.metadata, container);
    const spec = findContainer(found.spec, container);
    if (containerId === undefined || (kind === 'attach' && spec === undefined)) {
      const quoted = JSON.stringify(container);
      const problem =
        kind === 'exec'
          ? `container not found (${quoted})`
          : `container ${container} not found in pod ${podFullName(found)}`;
      return respondText(response, 500, problem);
    }
    if (upgrade === undefined) return requireUpgrade(response);
    // A process has a terminal or not from its start on.
    const asked = kind === 'exec' ? options : { ...options, tty: spec?.tty ?? false };
    const answer =
      kind === 'exec'
        ? await ports.runtime.exec({ containerId, cmd: query.getAll('command'), ...asked })
        : await ports.runtime.attach({ containerId, ...asked });
    url = urlOf(answer.url);
  } catch (error) {
    return refuse(response, error);
  }
  if (webSocketProtocols(request)?.includes(closingProtocol)) {
    await translateCommand(ports, { kind, url, options }, request, response, upgrade);
  } else await passOn(ports, url, request, response, upgrade);
}

async function servePortForward(
  ports: StreamPorts,
  request: IncomingMessage,
  response: ServerResponse,
  { params, query, upgrade }: RouteTarget,
): Promise<void> {
  const { namespace = '', pod = '', uid } = params;
  const protocols = webSocketProtocols(request);
  const isTunnel = protocols?.some((protocol) => protocol.startsWith(tunnelPrefix)) ?? false;
  const wanted = protocols === undefined || isTunnel ? [] : forwardedPorts(query);
  if ('error' in wanted) return respondText(response, 400, wanted.error);
  const found = podByName(ports.pods(), namespace, pod);
  if (found === undefined) return respondText(response, 404, 'pod does not exist');
  if (uid !== undefined && found.metadata.uid !== uid) return respondText(response, 404, 'pod not found');
  let url: URL;
  try {
    const podSandboxId = await readySandbox(ports.runtime, found.metadata);
    if (podSandboxId === undefined) {
      return respondText(response, 500, `pod not found (${JSON.stringify(podFullName(found))})`);
    }
    if (upgrade === undefined) return requireUpgrade(response);
    url = urlOf((await ports.runtime.portForward({ podSandboxId, port: wanted })).url);
  } catch (error) {
    return refuse(response, error);
  }
  if (isTunnel) await tunnelPortForward(ports, url, request, response, upgrade);
  else await passOn(ports, url, request, response, upgrade);
}

/** A runtime's URL; some leave out the scheme. */
function urlOf(text: string): URL {
  return new URL(/^https?:/.test(text) ? text : `http:${text}`);
}

function requireUpgrade(response: ServerResponse): void {
  respondError(response, 500, 'Upgrade request required');
}

function refuse(response: ServerResponse, error: unknown): void {
  const status = streamErrorStatus(error);
  if (status === 429) response.setHeader('retry-after', retryAfter);
  respondText(response, status, grpcText(error));
}

/** Connects the client to the runtime, in the protocol that they agree on. */
async function passOn(
  { idleTimeoutMs }: StreamPorts,
  url: URL,
  request: IncomingMessage,
  response: ServerResponse,
  upgrade: NonNullable<RouteTarget['upgrade']>,
): Promise<void> {
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
async function translateCommand(
  { idleTimeoutMs }: StreamPorts,
  command: { kind: 'exec' | 'attach'; url: URL; options: StreamOptions },
  request: IncomingMessage,
  response: ServerResponse,
  upgrade: NonNullable<RouteTarget['upgrade']>,
): Promise<void> {
  const { acceptWebSocketCommand } = await import('@berth/streaming/server/remote-command-websocket.ts');
  const { serveRemoteCommand } = await import('@berth/streaming/server/remote-command.ts');
  const { remoteCommand } = await import('@berth/streaming/client/remote-command.ts');
  const { kind, url, options } = command;
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
async function tunnelPortForward(
  { idleTimeoutMs }: StreamPorts,
  url: URL,
  request: IncomingMessage,
  response: ServerResponse,
  upgrade: NonNullable<RouteTarget['upgrade']>,
): Promise<void> {
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
