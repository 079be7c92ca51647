// Watches the node's signals every ten seconds. When one crosses its threshold, first removes what nobody needs, and then
// evicts pods, one at a time.
// https://kubernetes.io/docs/concepts/scheduling-eviction/node-pressure-eviction/
import { sleepUntilAborted } from '@berth/common/abort.ts';
import { isCritical } from '../api/critical.ts';
import { type Pod, podKey } from '../api/pod.ts';
import { aboutPod, type NodeRecorder, type Recorder } from '../events/event.ts';
import { createLogger } from '../klog/klog.ts';
import type { PressureMetrics } from '../metrics/pressure-metrics.ts';
import type { Pressures } from '../node/status/status-facts.ts';
import type { EvictionOptions } from '../options/pressure-options.ts';
import type { Imposed } from '../pods/end/pod-end.ts';
import { exceededLimit, hasStorageLimits } from './local-storage.ts';
import { type EvictionReport, evictionReport } from './message.ts';
import { type NodeFigures, observe } from './observe.ts';
import { nextPressure, noPressure, type PressureState } from './pressure.ts';
import { rankedPods, type UsageOf } from './ranking.ts';
import { type Reclaim, reclaimFor } from './reclaim.ts';
import { signals } from './thresholds/signals.ts';
import {
  type FileSystemLayout,
  metThresholds,
  type Threshold,
  withContainerFs,
} from './thresholds/thresholds.ts';

const log = createLogger('manager.ts');

const intervalMs = 10_000;
/** The grace period of pods that the node cannot wait for. */
const hardGraceSeconds = 1;
/** How long the runtime may take to kill a pod, and how long its volumes may take to go. */
const [killMs, cleanupMs] = [10_000, 30_000];

/** What evictions use. */
export interface EvictionPorts {
  options: EvictionOptions;
  node: { figures(): Promise<NodeFigures> };
  layout(): Promise<FileSystemLayout>;
  /** What pods use, by UID. */
  usage(): Promise<UsageOf>;
  /** Pods that have not ended. */
  activePods(): readonly Pod[];
  /** Ends the pod; resolves when nothing of it runs any more and its volumes are gone, or the signal fires. */
  evict(pod: Pod, end: Imposed, signal: AbortSignal): Promise<void>;
  /** Gives back what the node itself holds. */
  reclaim: Readonly<Record<Reclaim, () => Promise<void>>>;
  onPressures(pressures: Pressures): void;
  events: Recorder & NodeRecorder;
  metrics: Pick<PressureMetrics, 'evicted' | 'statsAge'>;
}

/** Evicts pods from a node that is short of something. */
export class EvictionManager {
  readonly #ports: EvictionPorts;
  readonly #stopped = new AbortController();
  #state: PressureState = noPressure;
  #layout: FileSystemLayout | undefined;
  #thresholds: readonly Threshold[] = [];

  constructor(ports: EvictionPorts) {
    this.#ports = ports;
  }

  /** Watches from now on; returns at once. Without thresholds and limits there is nothing to watch. */
  start(): void {
    const { thresholds, enforcesStorageLimits } = this.#ports.options;
    if (thresholds.length > 0 || enforcesStorageLimits) void this.#run();
  }

  stop(): void {
    this.#stopped.abort();
  }

  get pressures(): Pressures {
    return this.#state.pressures;
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopped;
    while (!signal.aborted) {
      let hasEvicted = false;
      try {
        hasEvicted = await this.#synchronize();
      } catch (error) {
        if (!signal.aborted) log.error('Eviction manager: failed to synchronize', { err: error });
      }
      // After an eviction the node is looked at again at once.
      if (hasEvicted) continue;
      await sleepUntilAborted(intervalMs, signal, { ref: false });
    }
  }

  /** Observes the node and does what that asks for. Returns whether a pod was evicted. */
  async #synchronize(): Promise<boolean> {
    const { options, node, activePods, onPressures } = this.#ports;
    const layout = await this.#learnLayout();
    const observedAt = Date.now();
    const observations = observe(await node.figures());
    const { thresholds, transitionMs } = { thresholds: this.#thresholds, transitionMs: options.transitionMs };
    const before = this.#state.pressures;
    this.#state = nextPressure(this.#state, observations, { thresholds, transitionMs, now: Date.now() });
    const { due, pressures } = this.#state;
    if (isOther(before, pressures)) onPressures(pressures);
    const active = activePods();
    const limited = options.enforcesStorageLimits ? active.filter(hasStorageLimits) : [];
    if (limited.length > 0 && (await this.#enforceLimits(limited, layout))) return true;
    const [first] = due;
    if (!first) return false;
    const { resource } = signals[first.signal];
    log.warn('Eviction manager: attempting to reclaim', { resourceName: resource });
    this.#ports.events.recordOfNode('Warning', 'EvictionThresholdMet', `Attempting to reclaim ${resource}`);
    if (await this.#reclaim(first, layout)) return false;
    if (active.length === 0) {
      log.error('Eviction manager: eviction thresholds have been met, but no pods are active to evict', {});
      return false;
    }
    const usage = await this.#ports.usage();
    for (const { signal } of due) this.#ports.metrics.statsAge(signal, (Date.now() - observedAt) / 1000);
    for (const pod of rankedPods(active, first.signal, { usage, layout })) {
      const stats = usage.get(pod.metadata.uid);
      const report = evictionReport(pod, resource, { stats, due, observations });
      if (!(await this.#evict(pod, report, { graceSeconds: this.#graceOf(pod, first), isDisruption: true })))
        continue;
      this.#ports.metrics.evicted(first.signal);
      return true;
    }
    log.warn('Eviction manager: unable to evict any pods from the node', {});
    return false;
  }

  async #learnLayout(): Promise<FileSystemLayout> {
    if (this.#layout) return this.#layout;
    const { layout, options } = this.#ports;
    this.#layout = await layout();
    this.#thresholds = withContainerFs(options.thresholds, this.#layout);
    return this.#layout;
  }

  /** Evicts pods that write more than they may. Returns whether there was one. */
  async #enforceLimits(pods: readonly Pod[], { hasImageFs }: FileSystemLayout): Promise<boolean> {
    const usage = await this.#ports.usage();
    const evicted = await Promise.all(
      pods.map(async (pod) => {
        const stats = usage.get(pod.metadata.uid);
        const exceeded = stats && exceededLimit(pod, stats, { hasImageFs });
        if (!exceeded) return false;
        const report = { message: exceeded.message, annotations: {} };
        const how = { graceSeconds: hardGraceSeconds, isDisruption: false };
        if (!(await this.#evict(pod, report, how))) return false;
        this.#ports.metrics.evicted(exceeded.signal);
        return true;
      }),
    );
    return evicted.includes(true);
  }

  /** Removes what nobody needs. Returns whether no threshold is met any more. */
  async #reclaim({ signal }: Threshold, layout: FileSystemLayout): Promise<boolean> {
    const { reclaim, node } = this.#ports;
    const kinds = reclaimFor(signal, layout);
    if (kinds.length === 0) return false;
    for (const kind of kinds) {
      try {
        await reclaim[kind]();
      } catch (error) {
        log.warn('Eviction manager: unexpected error when attempting to reduce resource pressure', {
          err: error,
        });
      }
    }
    const left = metThresholds(this.#thresholds, observe(await node.figures()), { reclaiming: true });
    if (left.length > 0) return false;
    log.info('Eviction manager: able to reduce resource pressure without evicting pods', { signal });
    return true;
  }

  #graceOf({ spec }: Pod, { graceMs }: Threshold): number {
    if (graceMs === 0) return hardGraceSeconds;
    return Math.min(this.#ports.options.maxPodGraceSeconds, spec.terminationGracePeriodSeconds);
  }

  /** Evicts the pod, and waits until it has ended. Returns false for a critical one, which stays. */
  async #evict(
    pod: Pod,
    { message, annotations }: EvictionReport,
    { graceSeconds, isDisruption }: { graceSeconds: number; isDisruption: boolean },
  ): Promise<boolean> {
    const about = { pod: podKey(pod), podUID: pod.metadata.uid };
    if (isCritical(pod)) {
      log.error('Eviction manager: cannot evict a critical pod', about);
      return false;
    }
    const given = Object.keys(annotations).length > 0 ? annotations : undefined;
    this.#ports.events.record(aboutPod(pod), 'Warning', 'Evicted', message, given);
    log.warn('Eviction manager: evicting pod', { ...about, message });
    const patience = Math.max(killMs, graceSeconds * 1500) + cleanupMs;
    const signal = AbortSignal.any([this.#stopped.signal, AbortSignal.timeout(patience)]);
    await this.#ports.evict(pod, { by: 'evicted', message, graceSeconds, isDisruption }, signal);
    if (signal.aborted) log.warn('Eviction manager: timed out waiting for pods to be cleaned up', about);
    else log.info('Eviction manager: pods successfully cleaned up', about);
    return true;
  }
}

function isOther(a: Pressures, b: Pressures): boolean {
  return a.memory !== b.memory || a.disk !== b.disk || a.pid !== b.pid;
}
