// A device plugin for tests: it registers with a kubelet by a real socket.
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { connectService } from '@berth/cri/client/client.ts';
import { addService } from '@berth/cri/server/server.ts';
import {
  type AllocateRequest,
  type ContainerAllocateResponse,
  DevicePluginDefinition,
  type PreStartContainerRequest,
  RegistrationDefinition,
} from '@berth/kubelet/generated/device-plugin.ts';
import { Server, ServerCredentials } from '@grpc/grpc-js';

/** What the plugin says of itself. */
export interface TestDevicePluginOptions {
  /** E.g. `example.com/dev`. */
  resource: string;
  /** The kubelet's root directory. */
  rootDir: string;
  /** What containers get with these devices. */
  answer(ids: readonly string[]): Partial<ContainerAllocateResponse>;
  /** Whether it wants to be called before containers start. */
  preStart?: boolean;
  /** The devices that it prefers; undefined: it does not say. */
  preferred?: readonly string[];
  /** Why it does not tell its options. */
  optionsError?: string;
}

/** Serves on `device-plugins/test.sock` of a kubelet. */
export class TestDevicePlugin implements AsyncDisposable {
  /** What it was called for, e.g. `Allocate a,b`. */
  readonly calls: string[] = [];
  readonly #options: TestDevicePluginOptions;
  #devices: ReadonlyMap<string, boolean>;
  #changed = Promise.withResolvers<void>();
  #server: Server | undefined;

  /** @param devices whether each is healthy, by id */
  constructor(options: TestDevicePluginOptions, devices: Readonly<Record<string, boolean>>) {
    this.#options = options;
    this.#devices = new Map(Object.entries(devices));
  }

  /** Where it listens. */
  get socket(): string {
    return join(this.#options.rootDir, 'device-plugins', 'test.sock');
  }

  /** Lists other devices. */
  set(devices: Readonly<Record<string, boolean>>): void {
    this.#devices = new Map(Object.entries(devices));
    this.#changed.resolve();
    this.#changed = Promise.withResolvers();
  }

  /** Listens, and registers with the kubelet. Rejects when that refuses it. */
  async start(): Promise<void> {
    await this.listen();
    await this.register();
  }

  /** Listens; somebody else tells the kubelet. */
  async listen(): Promise<void> {
    const server = new Server();
    addService(server, DevicePluginDefinition, this.#handlers(), {});
    rmSync(this.socket, { force: true });
    await new Promise<void>((resolve, reject) => {
      server.bindAsync(`unix:${this.socket}`, ServerCredentials.createInsecure(), (error) =>
        error ? reject(error) : resolve(),
      );
    });
    this.#server = server;
  }

  /** Registers with the kubelet; `changes` of the request are for refusals. */
  async register(
    changes: { version?: string; endpoint?: string; resourceName?: string } = {},
  ): Promise<void> {
    const socket = join(this.#options.rootDir, 'device-plugins', 'kubelet.sock');
    const { service, close } = connectService(socket, RegistrationDefinition, { timeoutMs: 30_000 });
    const { resource: resourceName } = this.#options;
    try {
      await service.register({ version: 'v1beta1', endpoint: 'test.sock', resourceName, ...changes });
    } finally {
      close();
    }
  }

  /** Ends, as a plugin that has crashed. */
  stop(): void {
    this.#server?.forceShutdown();
    this.#server = undefined;
    rmSync(this.socket, { force: true });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.stop();
  }

  #handlers() {
    const { answer, preferred, preStart = false, optionsError } = this.#options;
    return {
      getDevicePluginOptions: async () => {
        this.calls.push('GetDevicePluginOptions');
        if (optionsError !== undefined) throw new Error(optionsError);
        return { preStartRequired: preStart, getPreferredAllocationAvailable: preferred !== undefined };
      },
      listAndWatch: (_request: object, { signal }: { signal: AbortSignal }) => this.#lists(signal),
      getPreferredAllocation: async () => {
        this.calls.push('GetPreferredAllocation');
        return { containerResponses: [{ deviceIDs: preferred ?? [] }] };
      },
      allocate: async ({ containerRequests }: AllocateRequest) => ({
        containerResponses: containerRequests.map(({ devicesIds }) => {
          this.calls.push(`Allocate ${devicesIds.toSorted().join()}`);
          return answer(devicesIds);
        }),
      }),
      preStartContainer: async ({ devicesIds }: PreStartContainerRequest) => {
        this.calls.push(`PreStartContainer ${devicesIds.toSorted().join()}`);
        return {};
      },
    };
  }

  async *#lists(signal: AbortSignal) {
    this.calls.push('ListAndWatch');
    const ended = new Promise<void>((resolve) => {
      signal.addEventListener('abort', () => resolve(), { once: true });
    });
    while (!signal.aborted) {
      const changed = this.#changed.promise;
      yield {
        devices: [...this.#devices].map(([ID, isHealthy]) => ({
          ID,
          health: isHealthy ? 'Healthy' : 'Unhealthy',
        })),
      };
      await Promise.race([changed, ended]);
    }
  }
}
