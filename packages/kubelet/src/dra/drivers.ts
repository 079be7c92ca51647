// The drivers of resource claims that are registered with this kubelet. A driver may have several plugins, of which the
// newest that is connected is called: so one can be replaced without a gap.
import { setTimeout as sleep } from 'node:timers/promises';
import { CriError } from '@berth/cri/errors/cri-error.ts';
import type { NodeWatchResourcesResponse } from '../generated/dra-health-v1.ts';
import { createLogger } from '../klog/klog.ts';
import { rpcErrorText } from '../kubecontainer/rpc-error-text.ts';
import type { DraMetrics } from '../metrics/dra-metrics.ts';
import type { PluginHandler, PluginInfo } from '../plugin-watcher/plugin-handler.ts';
import { DriverPlugin } from './driver-plugin.ts';
import { chooseServices } from './driver-services.ts';

const log = createLogger('drivers.ts');

const healthRetryMs = 5000;

/** Who is told of drivers. */
export interface DraDriversPorts {
  metrics: Pick<DraMetrics, 'called'>;
  /** A plugin of the driver can be called now, or none any more. */
  onUsable(driver: string, isUsable: boolean): void;
  /** The driver tells the health of all its devices. */
  onHealth(driver: string, health: NodeWatchResourcesResponse): void;
  /** Nobody tells the health of the driver's devices any more. */
  onHealthEnd(driver: string): void;
}

/** A plugin, and how to end what goes on with it. */
interface Registered {
  plugin: DriverPlugin;
  gone: AbortController;
}

/** Registers plugins of drivers, and finds them. */
export class DraDrivers implements PluginHandler {
  readonly #ports: DraDriversPorts;
  /** By driver, in the order of their registration. */
  readonly #plugins = new Map<string, Registered[]>();
  #stopped = false;

  constructor(ports: DraDriversPorts) {
    this.#ports = ports;
  }

  validate(plugin: PluginInfo): void {
    chooseServices(plugin);
  }

  async register(info: PluginInfo): Promise<void> {
    const { name, endpoint } = info;
    const known = this.#plugins.get(name) ?? [];
    if (known.some(({ plugin }) => plugin.endpoint === endpoint)) {
      throw new Error(`endpoint ${endpoint} already registered for DRA driver plugin ${name}`);
    }
    const plugin = new DriverPlugin(info, this.#ports.metrics);
    const gone = new AbortController();
    this.#plugins.set(name, [...known, { plugin, gone }]);
    log.v(3, 'Registered DRA plugin', { driverName: name, endpoint });
    plugin.connect(() => {
      log.v(2, 'Connection changed', { driverName: name, endpoint, connected: plugin.isConnected });
      this.#changed(name);
    });
    if (plugin.tellsHealth) void this.#watchHealth(plugin, gone.signal);
    // It may never connect.
    this.#changed(name);
  }

  async deregister({ name, endpoint }: PluginInfo): Promise<void> {
    const known = this.#plugins.get(name) ?? [];
    const ended = known.find(({ plugin }) => plugin.endpoint === endpoint);
    if (!ended) return;
    const left = known.filter((each) => each !== ended);
    if (left.length === 0) this.#plugins.delete(name);
    else this.#plugins.set(name, left);
    end(ended);
    log.v(3, 'Unregistered DRA plugin', { driverName: name, endpoint });
    this.#changed(name);
  }

  /** Ends all calls. */
  stop(): void {
    this.#stopped = true;
    for (const plugins of this.#plugins.values()) plugins.forEach(end);
  }

  /** The plugin that is called for a driver. Throws when there is none. */
  find(driver: string): DriverPlugin {
    if (driver === '') throw new Error('DRA driver name is empty');
    const plugins = this.#plugins.get(driver) ?? [];
    const chosen = plugins.findLast(({ plugin }) => plugin.isConnected) ?? plugins.at(-1);
    if (!chosen) throw new Error(`DRA driver ${driver} is not registered`);
    return chosen.plugin;
  }

  #changed(driver: string): void {
    if (this.#stopped) return;
    const plugins = this.#plugins.get(driver) ?? [];
    this.#ports.onUsable(
      driver,
      plugins.some(({ plugin }) => plugin.isConnected),
    );
  }

  /** Follows what a plugin tells of its devices, and begins again when that ends, unless it knows nothing of them. */
  async #watchHealth(plugin: DriverPlugin, gone: AbortSignal): Promise<void> {
    const { driver } = plugin;
    while (!gone.aborted) {
      try {
        for await (const health of plugin.health(gone)) this.#ports.onHealth(driver, health);
      } catch (error) {
        if (gone.aborted) break;
        if (error instanceof CriError && error.code === 'UNIMPLEMENTED') {
          log.v(2, 'Driver does not support WatchResources health stream, stopping', { driverName: driver });
          break;
        }
        log.v(2, 'WatchResources health stream has ended', { driverName: driver, err: rpcErrorText(error) });
      }
      if (gone.aborted) break;
      this.#ports.onHealthEnd(driver);
      await sleep(healthRetryMs, undefined, { signal: gone }).catch(() => {});
    }
    if (!this.#stopped) this.#ports.onHealthEnd(driver);
  }
}

function end({ plugin, gone }: Registered): void {
  gone.abort(new Error('the plugin is gone'));
  plugin.close();
}
