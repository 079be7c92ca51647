// The socket on which device plugins register, `device-plugins/kubelet.sock` below the kubelet's root directory.
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { addService } from '@berth/cri/server/server.ts';
import { Server, ServerCredentials } from '@grpc/grpc-js';
import { type RegisterRequest, RegistrationDefinition } from '../generated/device-plugin.ts';
import { createLogger } from '../klog/klog.ts';
import type { DeviceMetrics } from '../metrics/device-metrics.ts';
import { checkRegistration } from './registration-check.ts';

const log = createLogger('registration-server.ts');

const socketName = 'kubelet.sock';
const maxRequestBytes = 64 * 1024;
/** How many registrations one connection may have under way. */
const maxStreams = 16;

/** Takes registrations. */
export class RegistrationServer {
  readonly #directory: string;
  readonly #connect: (resource: string, socket: string) => Promise<void>;
  readonly #metrics: Pick<DeviceMetrics, 'registered'>;
  #server: Server | undefined;
  #stopped = false;

  /** @param connect begins to use a plugin; what it rejects with is the plugin's answer */
  constructor(
    directory: string,
    connect: (resource: string, socket: string) => Promise<void>,
    metrics: Pick<DeviceMetrics, 'registered'>,
  ) {
    this.#directory = directory;
    this.#connect = connect;
    this.#metrics = metrics;
  }

  /** Removes sockets of an earlier boot or kubelet, and listens: plugins see the new socket and register again. */
  async start(): Promise<void> {
    mkdirSync(this.#directory, { recursive: true, mode: 0o750 });
    for (const entry of readdirSync(this.#directory, { withFileTypes: true })) {
      if (entry.isSocket()) rmSync(join(this.#directory, entry.name), { force: true });
    }
    writeFileSync(join(this.#directory, 'DEPRECATION'), '');
    const server = new Server({
      'grpc.max_receive_message_length': maxRequestBytes,
      'grpc.max_concurrent_streams': maxStreams,
      'grpc.enable_channelz': 0,
    });
    addService(
      server,
      RegistrationDefinition,
      { register: (request: RegisterRequest) => this.#register(request) },
      {},
    );
    await new Promise<void>((resolve, reject) => {
      const path = join(this.#directory, socketName);
      server.bindAsync(`unix:${path}`, ServerCredentials.createInsecure(), (error) =>
        error ? reject(error) : resolve(),
      );
    });
    this.#server = server;
    if (this.#stopped) this.stop();
  }

  /** Stops listening, and ends calls. */
  stop(): void {
    this.#stopped = true;
    this.#server?.forceShutdown();
    this.#server = undefined;
  }

  async #register(request: RegisterRequest): Promise<object> {
    const { resourceName, endpoint } = request;
    log.info('Got registration request from device plugin with resource', { resourceName });
    this.#metrics.registered(resourceName);
    try {
      checkRegistration(request);
      await this.#connect(resourceName, join(this.#directory, endpoint));
      return {};
    } catch (error) {
      log.error('Bad registration request from device plugin', { err: error, resourceName });
      throw error;
    }
  }
}
