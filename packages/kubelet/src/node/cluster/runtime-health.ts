// Asks the runtime for its state every five seconds: whether it and its network are ready, and what it can do.
import { sleepUntilAborted } from '@berth/common/abort.ts';
import { messageOf } from '@berth/common/error-message.ts';
import type { RuntimeClient } from '@berth/cri/client/client.ts';
import type { RuntimeHandler } from '@berth/cri/generated/api.ts';
import { createLogger } from '../../klog/klog.ts';
import { containerRuntimeVersion } from '../runtime-version.ts';
import type { NodeRuntimeHandler } from '../status/node-object.ts';
import { type RuntimeView, runtimeProblems, seenRuntime, unseenRuntime } from './runtime-problems.ts';

const log = createLogger('runtime-health.ts');

const intervalMs = 5000;

/** The runtime as a node's status needs it. */
export class RuntimeHealth {
  readonly #runtime: Pick<RuntimeClient, 'status' | 'version'>;
  readonly #isRunning: () => boolean;
  readonly #stopped = new AbortController();
  #view: RuntimeView = unseenRuntime;
  #name = '';
  #handlers: NodeRuntimeHandler[] = [];
  #features: { supplementalGroupsPolicy: boolean; mountOptions: boolean } | undefined;

  /** `isRunning`: whether the parts of the kubelet that depend on the runtime have started. */
  constructor(runtime: Pick<RuntimeClient, 'status' | 'version'>, isRunning: () => boolean) {
    this.#runtime = runtime;
    this.#isRunning = isRunning;
  }

  /** Asks from now on; returns at once. */
  start(): void {
    void this.#run();
  }

  stop(): void {
    this.#stopped.abort();
  }

  /** Asks once. Never rejects. */
  async refresh(): Promise<void> {
    try {
      const { status, runtimeHandlers, features } = await this.#runtime.status({}, this.#stopped);
      const now = performance.now();
      const seen = seenRuntime(this.#view, status?.conditions ?? [], now);
      // Pods can not start before the parts that depend on the runtime have: the node is not ready.
      this.#view = this.#isRunning() ? seen : { ...seen, lastReadyAt: this.#view.lastReadyAt };
      if (seen.runtime !== undefined) {
        log.v(4, 'Container runtime not ready', { err: seen.runtime });
        return;
      }
      this.#handlers = runtimeHandlers.map(nodeRuntimeHandler);
      this.#features = {
        supplementalGroupsPolicy: features?.supplementalGroupsPolicy === true,
        mountOptions: features?.mountOptions === true,
      };
    } catch (error) {
      if (!this.#stopped.signal.aborted)
        log.error('Container runtime sanity check failed', { err: messageOf(error) });
    }
  }

  /** What is wrong now. */
  problems(): string[] {
    return runtimeProblems(this.#view, performance.now());
  }

  get handlers(): readonly NodeRuntimeHandler[] {
    return this.#handlers;
  }

  /** Undefined until the runtime has been ready. */
  get features(): { supplementalGroupsPolicy: boolean; mountOptions: boolean } | undefined {
    return this.#features;
  }

  /** Name and version, e.g. `berthd://0.1.0`. */
  async version(): Promise<string> {
    try {
      const { runtimeName, runtimeVersion } = await this.#runtime.version({}, this.#stopped);
      this.#name = runtimeName;
      return containerRuntimeVersion(runtimeName, runtimeVersion);
    } catch {
      return containerRuntimeVersion(this.#name, undefined);
    }
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopped;
    while (!signal.aborted) {
      await this.refresh();
      await sleepUntilAborted(intervalMs, signal);
    }
  }
}

function nodeRuntimeHandler({ name, features }: RuntimeHandler): NodeRuntimeHandler {
  return {
    name,
    features: {
      recursiveReadOnlyMounts: features?.recursiveReadOnlyMounts === true,
      userNamespaces: features?.userNamespaces === true,
    },
  };
}
