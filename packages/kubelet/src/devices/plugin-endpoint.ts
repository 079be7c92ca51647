// The connection to one device plugin. What it answers is bounded: plugins may be broken.
import { sleepUntilAborted } from '@berth/common/abort.ts';
import { messageOf } from '@berth/common/error-message.ts';
import { connectService } from '@berth/cri/client/client.ts';
import type { ServiceClient } from '@berth/cri/client/transport.ts';
import { CriError } from '@berth/cri/errors/cri-error.ts';
import { boundedReader } from '@berth/cri/server/bounded-reader.ts';
import {
  ContainerAllocateResponse,
  DevicePluginDefinition,
  type DevicePluginOptions,
} from '../generated/device-plugin.ts';
import { rpcErrorText } from '../kubecontainer/rpc-error-text.ts';
import { type DeviceList, deviceList } from './device-list.ts';

/** How long a plugin that registers may take until it listens. */
const dialTimeoutMs = 10_000;
const dialRetryMs = 100;
const optionsTimeoutMs = 10_000;
/** The real kubelet waits without an end, and all other pods with it. */
const allocateTimeoutMs = 120_000;
const preStartTimeoutMs = 30_000;
/** As Go's clients have it. */
const maxResponseBytes = 4 * 1024 * 1024;
/** How much of an answer is kept with the allocation: it is written with each checkpoint. */
const maxAllocationBytes = 256 * 1024;

/** A device plugin that has told its options. */
export class PluginEndpoint {
  readonly resource: string;
  readonly socket: string;
  readonly options: DevicePluginOptions;
  readonly #service: ServiceClient<DevicePluginDefinition>;
  readonly #close: () => void;
  readonly #stopped = new AbortController();

  private constructor(
    { resource, socket }: { resource: string; socket: string },
    { service, close }: { service: ServiceClient<DevicePluginDefinition>; close(): void },
    options: DevicePluginOptions,
  ) {
    this.resource = resource;
    this.socket = socket;
    this.options = options;
    this.#service = service;
    this.#close = close;
  }

  /** Connects to the plugin on `socket` and asks for its options. Rejects when it does not answer, or the signal fires. */
  static async connect(resource: string, socket: string, signal: AbortSignal): Promise<PluginEndpoint> {
    const connection = connectService(socket, DevicePluginDefinition, {
      timeoutMs: optionsTimeoutMs,
      maxResponseBytes,
      readerOf: boundedReader,
    });
    try {
      const options = await optionsOf(connection.service, signal);
      return new PluginEndpoint({ resource, socket }, connection, options);
    } catch (error) {
      connection.close();
      throw error;
    }
  }

  /** All its devices, at first and after each change. Ends or throws when the plugin goes, or has been closed. */
  async *lists(): AsyncGenerator<DeviceList> {
    for await (const { devices } of this.#service.listAndWatch({}, { signal: this.#stopped.signal })) {
      yield deviceList(devices);
    }
  }

  /** Which of the available devices the plugin would choose; none when it has no opinion. */
  async preferred(
    available: readonly string[],
    mustInclude: readonly string[],
    size: number,
  ): Promise<readonly string[]> {
    if (!this.options.getPreferredAllocationAvailable) return [];
    const request = {
      availableDeviceIDs: [...available],
      mustIncludeDeviceIDs: [...mustInclude],
      allocationSize: size,
    };
    try {
      const { containerResponses } = await this.#service.getPreferredAllocation(
        { containerRequests: [request] },
        { signal: this.#stopped.signal, timeoutMs: allocateTimeoutMs },
      );
      return containerResponses[0]?.deviceIDs ?? [];
    } catch (error) {
      const why = rpcErrorText(error);
      throw new Error(`device plugin GetPreferredAllocation rpc failed with err: ${why}`, { cause: error });
    }
  }

  /** Has the plugin prepare devices for a container. */
  async allocate(ids: readonly string[]): Promise<ContainerAllocateResponse> {
    const { containerResponses } = await this.#service
      .allocate(
        { containerRequests: [{ devicesIds: [...ids] }] },
        { signal: this.#stopped.signal, timeoutMs: allocateTimeoutMs },
      )
      .catch((error: unknown) => {
        throw new Error(rpcErrorText(error), { cause: error });
      });
    const [response] = containerResponses;
    if (!response) throw new Error('no containers return in allocation response');
    const { length } = ContainerAllocateResponse.encode(response).finish();
    if (length <= maxAllocationBytes) return response;
    throw new Error(`allocation response has more than ${maxAllocationBytes} bytes`);
  }

  /** Has the plugin reset devices before their container starts, if it wants that. */
  async preStart(ids: readonly string[]): Promise<void> {
    try {
      await this.#service.preStartContainer(
        { devicesIds: [...ids] },
        { signal: this.#stopped.signal, timeoutMs: preStartTimeoutMs },
      );
    } catch (error) {
      const why = rpcErrorText(error);
      throw new Error(`device plugin PreStartContainer rpc failed with err: ${why}`, { cause: error });
    }
  }

  /** Ends its calls, and closes the connection. */
  close(): void {
    this.#stopped.abort();
    this.#close();
  }
}

/** The plugin's options, once it listens. */
async function optionsOf(
  service: ServiceClient<DevicePluginDefinition>,
  signal: AbortSignal,
): Promise<DevicePluginOptions> {
  const deadline = performance.now() + dialTimeoutMs;
  for (;;) {
    try {
      return await service.getDevicePluginOptions({}, { signal });
    } catch (error) {
      signal.throwIfAborted();
      if (!isDialError(error)) {
        throw new Error(`failed to get device plugin options: ${rpcErrorText(error)}`, { cause: error });
      }
      if (performance.now() >= deadline) {
        throw new Error(`failed to dial device plugin: ${messageOf(error)}`, { cause: error });
      }
    }
    await sleepUntilAborted(dialRetryMs, signal);
  }
}

/** Whether no plugin listens, as opposed to one that answers so. */
function isDialError(error: unknown): boolean {
  return error instanceof CriError && error.code === 'UNAVAILABLE' && /^connection error/.test(error.message);
}
