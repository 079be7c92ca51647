// The kubelet's plain HTTP: /healthz and /pods as in the real kubelet, and /rejected, an extension that tells why a
// manifest does not run.

import { createServer, type RequestListener, type Server } from 'node:http';
import { asError } from '@berth/common/error-message.ts';
import { listenOnSocket } from '@berth/cri/server/socket.ts';
import { guard } from '@berth/http/guard.ts';
import { listen } from '@berth/http/listen.ts';
import { answer, type Route, routes } from '@berth/http/routes.ts';
import type { PodWithStatus } from '../api/pod.ts';
import type { RejectedManifest } from '../config/pod-source.ts';
import { createLogger } from '../klog/klog.ts';
import type { ServerMetrics } from '../metrics/server-metrics.ts';
import type { Endpoint } from '../observation/endpoints.ts';

const log = createLogger('read-only-server.ts');

/** What the routes read. */
export interface ServerSubject {
  /** Every pod of this node with its status. */
  pods(): PodWithStatus[];
  /** Manifests that are not run. */
  rejected(): RejectedManifest[];
  /** Why the kubelet is unhealthy; undefined when it is healthy. */
  unhealthy(): string | undefined;
  /** Metrics and statistics by path. */
  endpoints: Readonly<Record<string, Endpoint>>;
  /** Counts requests. */
  observe: ServerMetrics['observe'];
}

/** Serves /healthz, /pods and /rejected over TCP without authentication. */
export function serveReadOnly(address: string, port: number, subject: ServerSubject): Promise<Server> {
  return serveTcp(address, port, '--read-only-port', everything(subject));
}

/** Serves only /healthz, by default on the real kubelet's port 10248. */
export function serveHealthz(address: string, port: number, subject: ServerSubject): Promise<Server> {
  return serveTcp(address, port, '--healthz-port', routes(byPath({ '/healthz': healthz(subject) })));
}

/** Serves the routes of `serveReadOnly` on a Unix socket to which only root can connect. */
export async function servePrivately(socketPath: string, subject: ServerSubject): Promise<Server> {
  const server = createServer(everything(subject));
  guard(server);
  await listenOnSocket(server, socketPath, 0o600, (error) =>
    log.error('Unable to accept a connection', { socketPath, err: error }),
  );
  return server;
}

function everything(subject: ServerSubject): RequestListener {
  const endpoints = Object.entries(subject.endpoints).map(([path, endpoint]) => [path, answered(endpoint)]);
  const paths: Record<string, Route> = {
    '/healthz': healthz(subject),
    '/pods': json(() => podList(subject.pods())),
    '/rejected': json(() => subject.rejected()),
    ...Object.fromEntries(endpoints),
  };
  return observed(routes(byPath(paths)), Object.keys(paths), subject);
}

/** Counts requests by the first part of their path, two parts below /metrics. */
function observed(
  listener: RequestListener,
  paths: readonly string[],
  { observe }: ServerSubject,
): RequestListener {
  const buckets = new Set(paths.map(bucketOf));
  return (request, response) => {
    const { method = 'GET', url = '/' } = request;
    const bucket = bucketOf(url.replace(/[?#].*$/s, ''));
    const path = buckets.has(bucket) ? bucket : 'other';
    response.once('close', observe({ method, path, serverType: 'readonly', longRunning: false }));
    listener(request, response);
  };
}

function bucketOf(path: string): string {
  const [first = '', second] = path.slice(1).split('/');
  return first === 'metrics' && second ? `${first}/${second}` : first;
}

function answered(endpoint: Endpoint): Route {
  return async (_request, response, url) => {
    const { status, body, contentType } = await endpoint(url.searchParams);
    answer(response, status, body, contentType);
  };
}

/** Registers each route with and without a trailing slash; accepts only reading methods. */
function byPath(reading: Readonly<Record<string, Route>>): Record<string, Route> {
  return Object.fromEntries(
    Object.entries(reading).flatMap(([path, route]) => {
      const readOnly: Route = (request, response, url) =>
        request.method === 'GET' || request.method === 'HEAD'
          ? route(request, response, url)
          : answer(response, 405, 'Method Not Allowed\n');
      return [
        [path, readOnly],
        [`${path}/`, readOnly],
      ];
    }),
  );
}

function healthz(subject: ServerSubject): Route {
  return (_request, response) => {
    const problem = subject.unhealthy();
    if (problem === undefined) answer(response, 200, 'ok');
    else answer(response, 500, `[-]runtime failed: ${problem}\nhealthz check failed\n`);
  };
}

function json(value: () => unknown): Route {
  return (_request, response) => answer(response, 200, `${JSON.stringify(value())}\n`, 'application/json');
}

/** A PodList as the real kubelet's /pods prints it: `items` is null without pods, and items have no `kind`. */
function podList(pods: PodWithStatus[]): object {
  const items = pods.map(({ kind: _kind, apiVersion: _apiVersion, ...pod }) => pod);
  return { kind: 'PodList', apiVersion: 'v1', metadata: {}, items: items.length > 0 ? items : null };
}

async function serveTcp(
  address: string,
  port: number,
  flag: string,
  listener: RequestListener,
): Promise<Server> {
  const server = createServer(listener);
  guard(server);
  try {
    await listen(server, { port, host: address }, (error) =>
      log.error('Unable to accept a connection', { address, port, err: error }),
    );
  } catch (error) {
    const cause = asError(error);
    const hint =
      'code' in cause && cause.code === 'EADDRINUSE'
        ? `in use; is another kubelet running? Choose another with ${flag}`
        : cause.message;
    throw new Error(`unable to listen on ${address}:${port}: ${hint}`, { cause });
  }
  return server;
}
