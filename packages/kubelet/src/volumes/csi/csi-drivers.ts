// The CSI drivers that are registered with this kubelet.
import { connectService } from '@berth/cri/client/client.ts';
import { CriError } from '@berth/cri/errors/cri-error.ts';
import { NodeDefinition, type NodeServiceCapability_RPC_Type } from '../../generated/csi.ts';
import { createLogger } from '../../klog/klog.ts';
import { grpcCodeText } from '../../kubecontainer/rpc-error-text.ts';
import type { VolumeMetrics } from '../../metrics/volume-metrics.ts';
import type { PluginHandler, PluginInfo } from '../../plugin-watcher/plugin-handler.ts';
import { highestVersion } from './driver-version.ts';

const log = createLogger('csi-drivers.ts');

/** The longest call, as in the real kubelet. */
const timeoutMs = 120_000;

/** What a driver says of its node. */
export interface DriverNode {
  nodeId: string;
  /** How many of its volumes the node can have; 0: as many as one likes. */
  maxVolumes: bigint;
  topology: Readonly<Record<string, string>>;
}

/** Tells the cluster of drivers. */
export interface DriverRegistrar {
  install(driver: string, node: DriverNode, signal: AbortSignal): Promise<void>;
  uninstall(driver: string): Promise<void>;
}

type NodeService = ReturnType<typeof connectService<NodeDefinition>>['service'];

/** Calls of one driver, for one operation. */
export interface DriverCalls {
  node: NodeService;
  /** Whether the driver has a capability. It is asked once for all of them. */
  can(capability: NodeServiceCapability_RPC_Type): Promise<boolean>;
}

/** The parameters of the drivers. */
export interface CsiDriversPorts {
  registrar: DriverRegistrar;
  metrics: Pick<VolumeMetrics, 'csiCall'>;
  /** A driver has come, for which pods may wait. */
  onRegistered(driver: string): void;
}

/** Registers drivers, and calls them by their names. */
export class CsiDrivers implements PluginHandler {
  readonly #ports: CsiDriversPorts;
  readonly #endpoints = new Map<string, string>();

  constructor(ports: CsiDriversPorts) {
    this.#ports = ports;
  }

  validate({ name, endpoint, supportedVersions }: PluginInfo): void {
    try {
      if (supportedVersions.length === 0)
        throw new Error('Plugin returned an empty list for supported versions');
      highestVersion(supportedVersions);
    } catch (error) {
      const problem = `validation failed for CSI Driver ${name} at endpoint ${endpoint}`;
      throw new Error(`${problem}: ${error instanceof Error ? error.message : String(error)}`, {
        cause: error,
      });
    }
    const other = this.#endpoints.get(name);
    if (other !== undefined) throw new Error(`CSI driver ${name} is registered already, at ${other}`);
  }

  async register({ name, endpoint }: PluginInfo, signal: AbortSignal): Promise<void> {
    log.info('Register new plugin', { plugin: name, endpoint });
    this.#endpoints.set(name, endpoint);
    try {
      const info = await this.use(name, ({ node }) => node.nodeGetInfo({}, { signal }));
      const { nodeId, maxVolumesPerNode, accessibleTopology } = info;
      const topology = accessibleTopology?.segments ?? {};
      await this.#ports.registrar.install(name, { nodeId, maxVolumes: maxVolumesPerNode, topology }, signal);
    } catch (error) {
      await this.#forget(name);
      throw error;
    }
    this.#ports.onRegistered(name);
  }

  async deregister({ name }: PluginInfo): Promise<void> {
    await this.#forget(name);
  }

  /** The drivers' names. */
  names(): string[] {
    return [...this.#endpoints.keys()];
  }

  /** Calls a driver over a connection of its own. Throws when there is none of that name. */
  async use<Result>(driver: string, run: (calls: DriverCalls) => Promise<Result>): Promise<Result> {
    const endpoint = this.#endpoints.get(driver);
    if (endpoint === undefined) {
      throw new Error(`driver name ${driver} not found in the list of registered CSI drivers`);
    }
    const { service, close } = connectService(endpoint, NodeDefinition, { timeoutMs });
    const node = this.#counted(driver, service);
    let capabilities: Promise<Set<number>> | undefined;
    const ask = async (): Promise<Set<number>> => {
      const answer = await node.nodeGetCapabilities({});
      return new Set(answer.capabilities.flatMap(({ rpc }) => (rpc ? [rpc.type] : [])));
    };
    try {
      return await run({
        node,
        can: async (capability) => {
          capabilities ??= ask();
          return (await capabilities).has(capability);
        },
      });
    } finally {
      close();
    }
  }

  async #forget(name: string): Promise<void> {
    this.#endpoints.delete(name);
    try {
      await this.#ports.registrar.uninstall(name);
    } catch (error) {
      log.error('Failed to unregister a CSI driver', { err: error, plugin: name });
    }
  }

  /** The same calls; each is counted. */
  #counted(driver: string, service: NodeService): NodeService {
    const { metrics } = this.#ports;
    return new Proxy(service, {
      get: (target, name: keyof NodeService) => {
        const method: unknown = Reflect.get(target, name);
        if (typeof method !== 'function') return method;
        return async (...args: unknown[]): Promise<unknown> => {
          const began = performance.now();
          const ended = (code: string): void =>
            metrics.csiCall(driver, NodeDefinition.methods[name].name, code, began);
          try {
            const answer: unknown = await Reflect.apply(method, target, args);
            ended('OK');
            return answer;
          } catch (error) {
            ended(error instanceof CriError ? grpcCodeText(error.code) : 'Unknown');
            throw error;
          }
        };
      },
    });
  }
}

/** Whether the call is over for sure: neither under way nor left unfinished. */
export function isFinal(error: unknown): boolean {
  if (!(error instanceof CriError)) return false;
  return !['CANCELLED', 'DEADLINE_EXCEEDED', 'UNAVAILABLE', 'RESOURCE_EXHAUSTED', 'ABORTED'].includes(
    error.code,
  );
}
