// The device plugins of this node: who serves which resource, and the devices that these list.
import { messageOf } from '@berth/common/error-message.ts';
import { createLogger } from '../klog/klog.ts';
import {
  allUnhealthy,
  countsOf,
  type DeviceCounts,
  type DeviceList,
  healthyIds,
  isSameHealth,
} from './device-list.ts';
import { PluginEndpoint } from './plugin-endpoint.ts';

const log = createLogger('device-plugins.ts');

/** How long a resource stays on the node without a plugin. */
const gracePeriodMs = 5 * 60_000;
/** Limits of what can register. */
const maxResources = 500;
const maxPluginsPerResource = 100;

/** A resource that a plugin has registered. */
interface Resource {
  devices: DeviceList;
  /** The plugins that serve it, by their sockets. The last to register is asked. */
  endpoints: Map<string, PluginEndpoint>;
  /** Whether the last plugin resets devices before containers start. */
  wantsPreStart: boolean;
  /** While there is no plugin: when the resource goes. */
  expiry: NodeJS.Timeout | undefined;
}

function newResource(): Resource {
  return { devices: new Map(), endpoints: new Map(), wantsPreStart: false, expiry: undefined };
}

/** Who is told of changes. */
export interface DevicePluginsPorts {
  /** Devices of this resource have come, gone or changed their health. */
  onChange(resource: string): void;
  /** How long a resource stays without a plugin, in milliseconds; 5 minutes unless a test says otherwise. */
  graceMs?: number;
}

/** Keeps the connections to device plugins. */
export class DevicePlugins {
  readonly #ports: DevicePluginsPorts;
  readonly #resources = new Map<string, Resource>();
  /** Resources that have gone: the node has none of them any more. */
  readonly #gone = new Set<string>();
  /** Sockets of plugins that are being connected. */
  readonly #connecting = new Set<string>();
  readonly #stopped = new AbortController();

  constructor(ports: DevicePluginsPorts) {
    this.#ports = ports;
  }

  /** Resources of an earlier kubelet: none of their devices is there before their plugins register again. */
  expect(resources: Iterable<string>): void {
    for (const resource of resources) this.#resources.set(resource, newResource());
  }

  /** Starts the time after which resources of an earlier kubelet go without a plugin. */
  start(): void {
    for (const [name, resource] of this.#resources) this.#expire(name, resource);
  }

  /** Connects to a plugin and uses it from now on. Rejects when it cannot be used. */
  async connect(name: string, socket: string): Promise<void> {
    const { signal } = this.#stopped;
    signal.throwIfAborted();
    if (this.#connecting.has(socket) || this.#resources.get(name)?.endpoints.has(socket)) {
      throw new Error(`device plugin already connected: ${socket}`);
    }
    if (!this.#resources.has(name) && this.#resources.size >= maxResources) {
      throw new Error(`more than ${maxResources} resources have device plugins`);
    }
    if ((this.#resources.get(name)?.endpoints.size ?? 0) + this.#connecting.size >= maxPluginsPerResource) {
      throw new Error(`more than ${maxPluginsPerResource} device plugins serve ${name}`);
    }
    this.#connecting.add(socket);
    try {
      const endpoint = await PluginEndpoint.connect(name, socket, signal);
      if (signal.aborted) {
        endpoint.close();
        signal.throwIfAborted();
      }
      this.#use(endpoint);
    } finally {
      this.#connecting.delete(socket);
    }
  }

  #use(endpoint: PluginEndpoint): void {
    const { resource: name, socket } = endpoint;
    const resource = this.#resources.get(name) ?? newResource();
    this.#resources.set(name, resource);
    this.#gone.delete(name);
    clearTimeout(resource.expiry);
    resource.endpoints.set(socket, endpoint);
    resource.wantsPreStart = endpoint.options.preStartRequired;
    log.info('Device plugin connected', { resource: name, path: socket });
    void this.#watch(endpoint);
  }

  /** Keeps the devices of the resource as the plugin lists them, until it ends. */
  async #watch(endpoint: PluginEndpoint): Promise<void> {
    const { resource: name, socket } = endpoint;
    let why = 'the plugin has ended the list';
    try {
      for await (const devices of endpoint.lists()) this.#listed(endpoint, devices);
    } catch (error) {
      why = messageOf(error);
    }
    if (this.#stopped.signal.aborted) return;
    if (this.#resources.get(name)?.endpoints.get(socket) !== endpoint) return;
    log.error('ListAndWatch ended unexpectedly for device plugin', { err: why, resource: name });
    this.disconnect(name, socket);
  }

  #listed(endpoint: PluginEndpoint, devices: DeviceList): void {
    const resource = this.#resources.get(endpoint.resource);
    if (resource?.endpoints.get(endpoint.socket) !== endpoint) return;
    this.#setDevices(endpoint.resource, resource, devices);
  }

  #setDevices(name: string, resource: Resource, devices: DeviceList): void {
    const before = resource.devices;
    resource.devices = devices;
    if (isSameHealth(before, devices) && devices.size > 0) return;
    const { capacity, allocatable } = countsOf(devices);
    log.info('Processed device updates for resource', {
      resourceName: name,
      totalCount: capacity,
      healthyCount: allocatable,
    });
    this.#ports.onChange(name);
  }

  /** The plugin is gone. Without another one, none of its devices is healthy. */
  disconnect(name: string, socket: string): void {
    const resource = this.#resources.get(name);
    const endpoint = resource?.endpoints.get(socket);
    if (!resource || !endpoint) return;
    resource.endpoints.delete(socket);
    endpoint.close();
    if (resource.endpoints.size > 0) return;
    log.info('Last device plugin for this resource disconnected', { resource: name });
    this.#expire(name, resource);
    this.#setDevices(name, resource, allUnhealthy(resource.devices));
  }

  #expire(name: string, resource: Resource): void {
    if (this.#stopped.signal.aborted || resource.endpoints.size > 0) return;
    clearTimeout(resource.expiry);
    resource.expiry = setTimeout(() => {
      this.#resources.delete(name);
      this.#gone.add(name);
      log.info('Removing a resource whose device plugin has not come back', { resource: name });
      this.#ports.onChange(name);
    }, this.#ports.graceMs ?? gracePeriodMs);
  }

  /** Closes all connections. */
  stop(): void {
    this.#stopped.abort();
    for (const { endpoints, expiry } of this.#resources.values()) {
      clearTimeout(expiry);
      for (const endpoint of endpoints.values()) endpoint.close();
    }
  }

  /** Whether a plugin has registered the resource, and it has not gone. */
  has(resource: string): boolean {
    return this.#resources.has(resource);
  }

  /** The devices of a resource; undefined when no plugin has registered it. */
  devices(resource: string): DeviceList | undefined {
    return this.#resources.get(resource)?.devices;
  }

  /** The devices of each resource that a plugin has registered. */
  lists(): Map<string, DeviceList> {
    return new Map([...this.#resources].map(([name, { devices }]) => [name, devices]));
  }

  /** The plugin that serves a resource. Throws when it is gone. */
  endpoint(resource: string): PluginEndpoint {
    const endpoint = [...(this.#resources.get(resource)?.endpoints.values() ?? [])].at(-1);
    if (endpoint) return endpoint;
    if (!this.#resources.has(resource)) throw new Error(`unknown Device Plugin ${resource}`);
    throw new Error(`endpoint of ${resource} has been stopped`);
  }

  /** Whether the plugin of a resource resets devices before containers start. */
  wantsPreStart(resource: string): boolean {
    return this.#resources.get(resource)?.wantsPreStart ?? false;
  }

  /** How many devices of each resource the node has; none of those that have gone. */
  counts(): Map<string, DeviceCounts> {
    const counts = new Map<string, DeviceCounts>();
    for (const name of this.#gone) counts.set(name, { capacity: 0, allocatable: 0 });
    for (const [name, { devices }] of this.#resources) counts.set(name, countsOf(devices));
    return counts;
  }

  /** The healthy devices of each resource that a plugin has registered. */
  healthy(): Map<string, string[]> {
    return new Map([...this.#resources].map(([name, { devices }]) => [name, [...healthyIds(devices)]]));
  }
}
