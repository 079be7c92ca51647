// Serves a table of routes on one HTTP or HTTPS server: finds the route, authenticates, calls the handler, and keeps
// every error and every slow or greedy client to its own connection.
import { type IncomingMessage, type Server, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { messageOf } from '@berth/common/error-message.ts';
import { printable } from '@berth/common/printable.ts';
import { type GuardedConnections, guard } from '@berth/http/guard.ts';
import { createLogger } from '../../klog/klog.ts';
import { type RequestLabels, type RequestObserver, requestLabels } from './request-labels.ts';
import { respond, respondError, respondText } from './respond.ts';
import type { RouteIndex } from './route-match.ts';
import type { RouteTarget } from './routes.ts';

const log = createLogger('http-server.ts');

/** Maximum number of connections that are no longer plain requests: exec, attach, port-forward, followed logs. */
const maxStreams = 1000;
/** Idle timeout of a response to a client that asked for an upgrade that its route does not make. */
const idleTimeoutMs = 30_000;

const upgradeListeners = 32;

/** Why a request is not served. */
export interface Refusal {
  status: 401 | 403 | 500;
  text: string;
}

/** Authenticates and authorizes a request; undefined when it may be served. */
export type Gate = (request: IncomingMessage, path: string) => Promise<Refusal | undefined>;

/** What one server serves. */
export interface HttpServerPorts {
  index: RouteIndex;
  serverType: RequestLabels['serverType'];
  /** Undefined: everybody may ask for everything. */
  gate: Gate | undefined;
  observe: RequestObserver;
}

/** Serves the routes on a server that does not listen yet. */
export function serveRoutes(server: Server, ports: HttpServerPorts): void {
  const streams = new StreamLimit(guard(server));
  server.on(
    'request',
    (request, response) => void serve(request, response, undefined, { ...ports, streams }),
  );
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    socket.on('error', () => {});
    const response = new ServerResponse(request);
    response.shouldKeepAlive = false;
    try {
      // Throws when an earlier request of this connection is still being answered.
      response.assignSocket(request.socket);
    } catch {
      socket.destroy();
      return;
    }
    if (!streams.take(request)) {
      socket.destroy();
      return;
    }
    // Both directions of two protocols listen for its end.
    request.socket.setMaxListeners(upgradeListeners);
    request.socket.setTimeout(idleTimeoutMs, () => socket.destroy());
    response.once('finish', () => socket.end());
    void serve(request, response, { socket, head }, { ...ports, streams });
  });
}

/** Counts the connections that live for long, and frees them of the limits for plain requests. */
class StreamLimit {
  readonly #connections: GuardedConnections;
  #open = 0;

  constructor(connections: GuardedConnections) {
    this.#connections = connections;
  }

  /** False when there are too many. */
  take({ socket }: IncomingMessage): boolean {
    if (this.#open >= maxStreams) {
      log.warn('Too many streams are open; a further one was refused', { max: maxStreams });
      return false;
    }
    this.#open++;
    socket.once('close', () => this.#open--);
    this.#connections.release(socket);
    return true;
  }
}

interface Serving extends HttpServerPorts {
  streams: StreamLimit;
}

/** Never rejects. */
async function serve(
  request: IncomingMessage,
  response: ServerResponse,
  upgrade: RouteTarget['upgrade'],
  { index, serverType, gate, observe, streams }: Serving,
): Promise<void> {
  const { method = 'GET', url = '/' } = request;
  const { rawPath, rawQuery } = splitTarget(url);
  const ended = once(observe(requestLabels(method, rawPath, { buckets: index.buckets, serverType })));
  response.once('close', ended);
  // A response whose connection was upgraded tells nothing.
  request.socket.once('close', ended);
  response.on('error', () => {});
  request.on('error', () => {});
  try {
    const found = index.match(method, rawPath, request.headers.accept);
    if (found.to === 'redirect') {
      redirect(response, method, rawQuery === '' ? found.location : `${found.location}?${rawQuery}`);
      return;
    }
    if (found.to === 'error' && !found.isGuarded) {
      if (found.status === 404) respondError(response, 404, found.text.trimEnd());
      else respondText(response, found.status, found.text);
      return;
    }
    const refusal = await gate?.(request, rawPath);
    if (refusal !== undefined) {
      respondText(response, refusal.status, refusal.text);
      return;
    }
    if (found.to === 'error') {
      if (found.allow !== undefined) response.setHeader('allow', found.allow);
      respondText(response, found.status, found.text);
      return;
    }
    const query = new URLSearchParams(rawQuery);
    await found.route.handler(request, response, {
      path: found.path,
      params: found.params,
      query,
      rawQuery,
      keepOpen: () => {
        const isTaken = upgrade !== undefined || streams.take(request);
        if (isTaken) request.socket.setTimeout(0);
        return isTaken;
      },
      ...(upgrade && { upgrade }),
    });
  } catch (error) {
    log.error('Unable to serve a request', { method, path: printable(rawPath), err: error });
    if (response.headersSent) response.destroy();
    else respondText(response, 500, printable(messageOf(error)));
  }
}

function once(action: () => void): () => void {
  let isDone = false;
  return () => {
    if (!isDone) action();
    isDone = true;
  };
}

/** Splits a request target into path and query; a proxy's form (`http://host/path`) is accepted too. */
function splitTarget(target: string): { rawPath: string; rawQuery: string } {
  const [, path = ''] = /^(?:https?:\/\/[^/?]*)?([^#]*)/s.exec(target) ?? [];
  const at = path.indexOf('?');
  const rawPath = at === -1 ? path : path.slice(0, at);
  return { rawPath: rawPath === '' ? '/' : rawPath, rawQuery: at === -1 ? '' : path.slice(at + 1) };
}

function redirect(response: ServerResponse, method: string, location: string): void {
  const isRead = method === 'GET' || method === 'HEAD';
  const link = location.replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`);
  respond(response, 307, isRead ? `<a href="${link}">Temporary Redirect</a>.\n\n` : '', {
    location,
    ...(isRead && { 'content-type': 'text/html; charset=utf-8' }),
  });
}
