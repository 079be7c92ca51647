// The kubelet's plain HTTP: /healthz and /pods as the real kubelet answers them, and /rejected, which the real
// one lacks, so that a tool can tell why a manifest does not run.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { RejectedManifest } from '../config/pod-source.ts';
import type { PodWithStatus } from '../kubelet.ts';

/** What the server tells about. */
export interface ServerSubject {
  /** Every pod of this node with its status. */
  pods(): PodWithStatus[];
  /** Manifests that are not run. */
  rejected(): RejectedManifest[];
  /** What keeps the kubelet from working; undefined when it is healthy. */
  unhealthy(): string | undefined;
}

type Answer = { status: number; type: string; body: string };
type Route = (subject: ServerSubject) => Answer;

const healthz: Route = (subject) => {
  const problem = subject.unhealthy();
  if (problem === undefined) return text(200, 'ok');
  return text(500, `[-]runtime failed: ${problem}\nhealthz check failed\n`);
};

const routes: Readonly<Record<string, Route>> = {
  '/healthz': healthz,
  '/pods': (subject) => json(podList(subject.pods())),
  '/rejected': (subject) => json(subject.rejected()),
};

/** Serves /healthz, /pods and /rejected. */
export function serveReadOnly(address: string, port: number, subject: ServerSubject): Promise<Server> {
  return listen(address, port, '--read-only-port', (path) => routes[path]?.(subject));
}

/** Serves /healthz alone, where the real kubelet has it (port 10248). */
export function serveHealthz(address: string, port: number, subject: ServerSubject): Promise<Server> {
  return listen(address, port, '--healthz-port', (path) =>
    path === '/healthz' ? healthz(subject) : undefined,
  );
}

/** A PodList as the real kubelet's /pods prints it: no pods are `null`, items carry no kind of their own. */
function podList(pods: PodWithStatus[]): object {
  const items = pods.map(({ kind: _kind, apiVersion: _apiVersion, ...pod }) => pod);
  return { kind: 'PodList', apiVersion: 'v1', metadata: {}, items: items.length > 0 ? items : null };
}

function listen(
  address: string,
  port: number,
  flag: string,
  answer: (path: string) => Answer | undefined,
): Promise<Server> {
  const server = createServer((request, response) => respond(request, response, answer));
  return new Promise((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => {
      const hint =
        cause.code === 'EADDRINUSE'
          ? `in use; is another kubelet running? Choose another with ${flag}`
          : cause.message;
      reject(new Error(`unable to listen on ${address}:${port}: ${hint}`, { cause }));
    });
    server.listen(port, address, () => resolve(server));
  });
}

function respond(
  request: IncomingMessage,
  response: ServerResponse,
  answer: (path: string) => Answer | undefined,
): void {
  const path = new URL(request.url ?? '/', 'http://kubelet').pathname.replace(/(.)\/$/, '$1');
  const isRead = request.method === 'GET' || request.method === 'HEAD';
  const found = answer(path);
  const { status, type, body } = !found
    ? text(404, '404 page not found\n')
    : isRead
      ? found
      : text(405, 'Method Not Allowed\n');
  response.writeHead(status, {
    'content-type': type,
    'content-length': Buffer.byteLength(body),
    'x-content-type-options': 'nosniff',
  });
  response.end(request.method === 'HEAD' ? undefined : body);
}

function text(status: number, body: string): Answer {
  return { status, type: 'text/plain; charset=utf-8', body };
}

function json(value: unknown): Answer {
  return { status: 200, type: 'application/json', body: `${JSON.stringify(value)}\n` };
}
