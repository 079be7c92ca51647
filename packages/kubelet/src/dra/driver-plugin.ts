// The connection to one plugin of a driver of resource claims. What it answers is bounded: plugins may be broken.
import { connectServer, type ServerConnection } from '@berth/cri/client/client.ts';
import type { ServiceClient } from '@berth/cri/client/transport.ts';
import { CriError } from '@berth/cri/errors/cri-error.ts';
import { boundedReader } from '@berth/cri/server/bounded-reader.ts';
import type { NodeWatchResourcesResponse } from '../generated/dra-health-v1.ts';
import type {
  Claim,
  DRAPluginDefinition,
  NodePrepareResourcesResponse,
  NodeUnprepareResourcesResponse,
} from '../generated/dra-v1.ts';
import { grpcCodeText } from '../kubecontainer/rpc-error-text.ts';
import type { DraMetrics } from '../metrics/dra-metrics.ts';
import type { PluginInfo } from '../plugin-watcher/plugin-handler.ts';
import { chooseServices, type DriverServices } from './driver-services.ts';

/** The longest call, as in the real kubelet. */
const timeoutMs = 45_000;
/** As Go's clients have it. */
const maxResponseBytes = 4 * 1024 * 1024;

/** A plugin of a driver; while the driver is replaced it has two. */
export class DriverPlugin {
  readonly driver: string;
  readonly endpoint: string;
  readonly #services: DriverServices;
  readonly #connection: ServerConnection;
  readonly #claims: ServiceClient<DRAPluginDefinition>;
  readonly #metrics: Pick<DraMetrics, 'called'>;
  #isConnected = false;

  /** Throws when it has no service that this kubelet calls. */
  constructor(plugin: PluginInfo, metrics: Pick<DraMetrics, 'called'>) {
    this.driver = plugin.name;
    this.endpoint = plugin.endpoint;
    this.#services = chooseServices(plugin);
    this.#metrics = metrics;
    this.#connection = connectServer(plugin.endpoint, {
      timeoutMs,
      maxResponseBytes,
      readerOf: boundedReader,
    });
    this.#claims = this.#connection.serviceOf(this.#services.plugin);
  }

  /** Whether it can be called now. */
  get isConnected(): boolean {
    return this.#isConnected;
  }

  /** Connects, and calls `onChange` each time there is a connection, or none any more. */
  connect(onChange: () => void): void {
    this.#connection.keepConnected((isConnected) => {
      this.#isConnected = isConnected;
      onChange();
    });
  }

  /** Ends its calls, and closes the connection. */
  close(): void {
    this.#isConnected = false;
    this.#connection.close();
  }

  async prepare(claims: Claim[], signal: AbortSignal): Promise<NodePrepareResourcesResponse> {
    const { nodePrepareResources: method } = this.#services.plugin.methods;
    return await this.#counted(method.name, () => this.#claims.nodePrepareResources({ claims }, { signal }));
  }

  async unprepare(claims: Claim[]): Promise<NodeUnprepareResourcesResponse> {
    const { nodeUnprepareResources: method } = this.#services.plugin.methods;
    return await this.#counted(method.name, () => this.#claims.nodeUnprepareResources({ claims }));
  }

  /** Whether it tells the health of devices. */
  get tellsHealth(): boolean {
    return this.#services.health !== undefined;
  }

  /** The health of all devices, again and again, until the plugin ends that, or the signal fires. Throws CriError. */
  async *health(signal: AbortSignal): AsyncGenerator<NodeWatchResourcesResponse> {
    const { health } = this.#services;
    if (health) yield* this.#connection.serviceOf(health).nodeWatchResources({}, { signal });
  }

  async #counted<Answer>(method: string, call: () => Promise<Answer>): Promise<Answer> {
    const began = performance.now();
    const ended = (code: string): void =>
      this.#metrics.called(this.driver, `/${this.#services.plugin.fullName}/${method}`, code, began);
    try {
      const answer = await call();
      ended('OK');
      return answer;
    } catch (error) {
      ended(error instanceof CriError ? grpcCodeText(error.code) : 'Unknown');
      throw error;
    }
  }
}
