// /exec, /attach and /portForward: asks the runtime for a URL, and connects the client to it.
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { RuntimeClient } from '@berth/cri/client/client.ts';
import { findContainer } from '../../api/each-container.ts';
import { type PodWithStatus, podFullName } from '../../api/pod.ts';
import { respondError, respondText } from '../http/respond.ts';
import type { Route, RouteHandler, RouteTarget } from '../http/routes.ts';
import { podByName, readySandbox, runningContainer } from './find-container.ts';
import { grpcText, streamErrorStatus } from './grpc-text.ts';
import { passOn, translateCommand, tunnelPortForward, tunnelPrefix } from './stream-connect.ts';
import { forwardedPorts, streamOptions, webSocketProtocols } from './stream-options.ts';

/** What these routes use. */
export interface StreamPorts {
  pods(): PodWithStatus[];
  runtime: Pick<RuntimeClient, 'listContainers' | 'listPodSandbox' | 'exec' | 'attach' | 'portForward'>;
  /** Longest silence of a connection. */
  idleTimeoutMs: number;
}

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
  const client = { request, response, upgrade, url, idleTimeoutMs: ports.idleTimeoutMs };
  if (webSocketProtocols(request)?.includes(closingProtocol)) await translateCommand(client, kind, options);
  else await passOn(client);
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
  const client = { request, response, upgrade, url, idleTimeoutMs: ports.idleTimeoutMs };
  if (isTunnel) await tunnelPortForward(client);
  else await passOn(client);
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
