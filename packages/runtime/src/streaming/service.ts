import type { Duplex } from 'node:stream';
import type {
  AttachRequest,
  AttachResponse,
  ExecRequest,
  ExecResponse,
  PortForwardRequest,
  PortForwardResponse,
} from '@berth/cri/generated/api.ts';
import type { CallContext } from '@berth/cri/server/server.ts';
import type { StreamingRuntime } from '@berth/streaming/server/streaming-runtime.ts';
import type { StreamingServer } from '@berth/streaming/server/streaming-server.ts';
import type { LiveConfig } from '../config/live-config.ts';
import { auditFields } from '../container/audit.ts';
import { type ExecServices, exec } from '../exec/exec.ts';
import { runningContainer } from '../exec/exec-target.ts';
import type { Logger } from '../logging/log.ts';
import { invalid, messageWithCauses } from '../rpc/errors.ts';
import type { Container } from '../state/container.ts';
import type { State } from '../state/state.ts';
import { type AttachServices, attach, attachableContainer } from './attach.ts';
import { Attachments } from './attachments.ts';
import { forwardPort, type PortForwardServices, readySandbox } from './port-forward.ts';
import { readTls, watchTls } from './tls-files.ts';

/** What Exec, Attach and PortForward use. */
export interface StreamingServices extends AttachServices, ExecServices, PortForwardServices {
  readonly config: LiveConfig;
  readonly log: Logger;
  readonly state: State;
}

/**
 * Exec, Attach and PortForward: each RPC answers with a URL of the streaming server, which serves the client. The
 * server starts with the first URL, or with berthd when it has a fixed port, which another process could otherwise
 * take.
 */
export class StreamingService implements AsyncDisposable {
  readonly #services: StreamingServices;
  readonly #attachments = new Attachments();
  readonly #resources = new AsyncDisposableStack();
  #server: Promise<StreamingServer> | undefined;

  constructor(services: StreamingServices) {
    this.#services = services;
  }

  /** Listens now if the port is fixed. A failure is logged, and the first request tries again. */
  async listen(): Promise<void> {
    const { config, log } = this.#services;
    const { address, port } = config.current.streaming;
    if (port === 0) return;
    try {
      await this.#running();
    } catch (error) {
      log.error(
        `Serving streams on ${address}:${port} failed; exec, attach and port-forward will try again: ${messageWithCauses(error)}`,
      );
    }
  }

  async exec(request: ExecRequest, { peer }: CallContext): Promise<ExecResponse> {
    checkStreams(request);
    if (request.cmd.length === 0) throw invalid('cmd', 'is required');
    const container = runningContainer(this.#services, request.containerId);
    const server = await this.#running();
    const url = server.execUrl({ ...streamsOf(request), cmd: request.cmd, containerId: container.id });
    this.#logRequest('Exec', container, request, peer);
    return { url };
  }

  async attach(request: AttachRequest, { peer }: CallContext): Promise<AttachResponse> {
    checkStreams(request);
    const container = attachableContainer(this.#services, request.containerId);
    const server = await this.#running();
    const url = server.attachUrl({ ...streamsOf(request), containerId: container.id });
    this.#logRequest('Attach', container, { tty: request.tty }, peer);
    return { url };
  }

  async portForward(
    { podSandboxId, port }: PortForwardRequest,
    { peer }: CallContext,
  ): Promise<PortForwardResponse> {
    if (podSandboxId === '') throw invalid('pod_sandbox_id', 'missing required pod_sandbox_id');
    const sandbox = readySandbox(this.#services, podSandboxId);
    const server = await this.#running();
    const url = server.portForwardUrl({ podSandboxId: sandbox.id, ports: port });
    this.#services.log.info('PortForward requested', { sandbox: sandbox.id, ports: port.join(','), peer });
    return { url };
  }

  /** Disconnects every client and stops listening. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server?.catch(() => undefined);
    await this.#resources.disposeAsync();
    this.#attachments[Symbol.dispose]();
  }

  #logRequest(
    what: string,
    container: Container,
    action: { cmd?: readonly string[]; tty: boolean },
    peer: string,
  ): void {
    const { log, state } = this.#services;
    const sandbox = state.sandboxes.get(container.sandboxId);
    log.info(`${what} requested`, auditFields(container, sandbox, action, { peer }));
  }

  #running(): Promise<StreamingServer> {
    this.#server ??= startServer(this.#services, this.#attachments, this.#resources).catch(
      (error: unknown) => {
        // A port that is taken now may be free for the next request.
        this.#server = undefined;
        throw error;
      },
    );
    return this.#server;
  }
}

async function startServer(
  services: StreamingServices,
  attachments: Attachments,
  resources: AsyncDisposableStack,
): Promise<StreamingServer> {
  const { config, log } = services;
  const { address, port, idleTimeoutSeconds } = config.current.streaming;
  const tls = await readTls(config.current.streaming);
  const { StreamingServer } = await import('@berth/streaming/server/streaming-server.ts');
  const server = await StreamingServer.start({
    address,
    port,
    ...(tls && { tls }),
    runtime: streamingRuntime(services, attachments),
    idleTimeoutMs: idleTimeoutSeconds * 1000,
    log: (line) => log.info(line),
  });
  resources.use(server);
  if (tls !== undefined) {
    resources.use(
      watchTls(config.current.streaming, { current: tls, renew: (next) => server.renewTls(next), log }),
    );
  }
  log.info('Serving streams', { url: server.url });
  return server;
}

function streamingRuntime(services: StreamingServices, attachments: Attachments): StreamingRuntime {
  return {
    exec: (command, streams) => exec(services, command, streams),
    attach: (target, streams) => attach(services, attachments, target, streams),
    portForward: (target, signal): Promise<Duplex> => forwardPort(services, target, signal),
  };
}

interface StreamFlags {
  readonly containerId: string;
  readonly tty: boolean;
  readonly stdin: boolean;
  readonly stdout: boolean;
  readonly stderr: boolean;
}

function streamsOf({ tty, stdin, stdout, stderr }: StreamFlags) {
  return { tty, stdin, stdout, stderr };
}

/**
 * Validates the requested streams. Error texts are those of the Kubernetes streaming library, which other runtimes
 * use.
 */
function checkStreams({ containerId, tty, stdin, stdout, stderr }: StreamFlags): void {
  if (containerId === '') throw invalid('container_id', 'missing required container_id');
  if (tty && stderr) throw invalid('stderr', 'tty and stderr cannot both be true');
  if (!stdin && !stdout && !stderr) throw invalid('stdin', 'one of stdin, stdout, or stderr must be set');
}
