// Registers the plugins whose sockets appear below plugins_registry, with the handler of their type, and tells them.
import { join } from 'node:path';
import { sleepUntilAborted } from '@berth/common/abort.ts';
import { messageOf } from '@berth/common/error-message.ts';
import { KeyedQueue } from '@berth/common/keyed-queue.ts';
import { connectService } from '@berth/cri/client/client.ts';
import { RegistrationDefinition } from '../generated/plugin-registration.ts';
import { createLogger } from '../klog/klog.ts';
import { rpcErrorText } from '../kubecontainer/rpc-error-text.ts';
import type { VolumeMetrics } from '../metrics/volume-metrics.ts';
import type { PluginHandler, PluginInfo } from './plugin-handler.ts';
import { type PluginSockets, registrationSteps } from './registration-steps.ts';
import { SocketWatch } from './socket-watch.ts';

const log = createLogger('plugin-manager.ts');

const infoTimeoutMs = 1000;
const notifyTimeoutMs = 5000;
const firstRetryMs = 500;
const longestRetryMs = 122_000;

/** A plugin in use. */
interface Registered {
  version: string;
  handler: PluginHandler;
  plugin: PluginInfo;
}

/** Keeps plugins registered. */
export class PluginManager {
  readonly #handlers: Readonly<Record<string, PluginHandler>>;
  readonly #watch: SocketWatch;
  readonly #stopped = new AbortController();
  readonly #registered = new Map<string, Registered>();
  #sockets: PluginSockets = new Map();
  /** By path, the version that is being registered, and how to give that up. */
  readonly #underWay = new Map<string, { version: string; abort: AbortController }>();
  /** By path: what is done about it, one after the other. */
  readonly #work = new KeyedQueue();

  /**
   * @param rootDir the kubelet's root directory
   * @param handlers by type, as plugins name it
   */
  constructor(
    rootDir: string,
    handlers: Readonly<Record<string, PluginHandler>>,
    metrics: Pick<VolumeMetrics, 'countPlugins'>,
  ) {
    this.#handlers = handlers;
    this.#watch = new SocketWatch(join(rootDir, 'plugins_registry'), (sockets) => this.#take(sockets));
    metrics.countPlugins(() => this.paths());
  }

  start(): void {
    this.#watch.start();
  }

  stop(): void {
    this.#stopped.abort();
    this.#watch.stop();
    for (const { abort } of this.#underWay.values()) abort.abort();
  }

  /** The sockets that are there, and those whose plugins are registered. */
  paths(): { desired: readonly string[]; actual: readonly string[] } {
    return { desired: [...this.#sockets.keys()], actual: [...this.#registered.keys()] };
  }

  #take(sockets: PluginSockets): void {
    this.#sockets = sockets;
    for (const [path, { version, abort }] of this.#underWay) {
      if (sockets.get(path) !== version) abort.abort();
    }
    const known = new Map<string, string>();
    for (const [path, { version }] of this.#registered) known.set(path, version);
    for (const [path, { version, abort }] of this.#underWay)
      if (!abort.signal.aborted) known.set(path, version);
    for (const step of registrationSteps(sockets, known)) {
      if (step.do === 'unregister') this.#queue(step.path, () => this.#unregister(step.path));
      else this.#begin(step.path, step.version);
    }
  }

  #queue(path: string, run: () => Promise<void>): void {
    this.#work.run(path, run).catch((error: unknown) => {
      log.error('Failed to handle a plugin', { err: error, path });
    });
  }

  #begin(path: string, version: string): void {
    const abort = new AbortController();
    const current = { version, abort };
    this.#underWay.set(path, current);
    this.#queue(path, async () => {
      try {
        await this.#registerUntilDone(path, version, abort.signal);
      } finally {
        if (this.#underWay.get(path) === current) this.#underWay.delete(path);
      }
    });
  }

  /** Tries again, with growing pauses, until it is registered or its socket has gone. */
  async #registerUntilDone(path: string, version: string, signal: AbortSignal): Promise<void> {
    for (let waitMs = firstRetryMs; !signal.aborted; waitMs = Math.min(waitMs * 2, longestRetryMs)) {
      try {
        return await this.#register(path, version, signal);
      } catch (error) {
        if (signal.aborted) return;
        log.error('Failed to register a plugin, will try again', {
          err: rpcErrorText(error),
          path,
          ms: waitMs,
        });
        await sleepUntilAborted(waitMs, signal);
      }
    }
  }

  async #register(path: string, version: string, signal: AbortSignal): Promise<void> {
    const { service, close } = connectService(path, RegistrationDefinition, { timeoutMs: notifyTimeoutMs });
    const notify = async (problem: string): Promise<void> => {
      const status = { pluginRegistered: problem === '', error: problem };
      await service.notifyRegistrationStatus(status, { signal });
    };
    try {
      const { type, name, endpoint, supportedVersions } = await service.getInfo(
        {},
        { timeoutMs: infoTimeoutMs, signal },
      );
      const handler = Object.hasOwn(this.#handlers, type) ? this.#handlers[type] : undefined;
      if (!handler) {
        const problem = `RegisterPlugin error -- no handler registered for plugin type: ${type} at socket ${path}`;
        await notify(problem);
        throw new Error(problem);
      }
      const plugin: PluginInfo = { name, endpoint: endpoint || path, supportedVersions };
      try {
        handler.validate(plugin);
      } catch (error) {
        await notify(`RegisterPlugin error -- plugin validation failed with err: ${messageOf(error)}`);
        throw error;
      }
      this.#registered.set(path, { version, handler, plugin });
      try {
        await handler.register(plugin, signal);
      } catch (error) {
        this.#registered.delete(path);
        await notify(`RegisterPlugin error -- plugin registration failed with err: ${rpcErrorText(error)}`);
        throw error;
      }
      try {
        await notify('');
      } catch (error) {
        this.#registered.delete(path);
        await handler.deregister(plugin);
        throw error;
      }
      log.info('Registered a plugin', { type, plugin: name, path });
    } finally {
      close();
    }
  }

  async #unregister(path: string): Promise<void> {
    const registered = this.#registered.get(path);
    if (!registered || this.#sockets.get(path) === registered.version) return;
    this.#registered.delete(path);
    await registered.handler.deregister(registered.plugin);
    log.info('Deregistered a plugin', { plugin: registered.plugin.name, path });
  }
}
