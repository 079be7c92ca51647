// Ends the pods of a node that shuts down, before the machine goes on with that.
// https://kubernetes.io/docs/concepts/cluster-administration/node-shutdown/
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { onceAborted, sleepUntilAborted } from '@berth/common/abort.ts';
import type { Logind } from '@berth/linux/systemd/logind.ts';
import { type Pod, podKey } from '../api/pod.ts';
import type { NodeRecorder } from '../events/event.ts';
import { createLogger } from '../klog/klog.ts';
import type { PressureMetrics } from '../metrics/pressure-metrics.ts';
import type { ShutdownPeriod } from '../options/shutdown-periods.ts';
import type { Imposed } from '../pods/end/pod-end.ts';
import { type ShutdownGroup, shutdownGrace, shutdownGroups, wholePeriod } from './shutdown-groups.ts';
import type { ShutdownRecord } from './shutdown-record.ts';

const log = createLogger('shutdown-manager.ts');

const reconnectMs = 1000;
/** How often logind is asked whether it has read its new configuration: after 100 ms, then twice as long each time. */
const [firstLookMs, looks] = [100, 5];
const inhibition = { who: 'kubelet', why: 'Kubelet needs time to handle node shutdown' };

/** What following the node's shutdown needs. */
export interface ShutdownPorts {
  periods: readonly ShutdownPeriod[];
  connect(onShutdown: (isBeginning: boolean) => void): Promise<Logind>;
  /** Folder of logind's configuration, to allow for a longer wait. */
  logindConfDir: string;
  /** Pods that have not ended. */
  activePods(): readonly Pod[];
  /** Ends the pod; resolves when nothing of it runs any more and its volumes are gone, or the signal fires. */
  end(pod: Pod, end: Imposed, signal: AbortSignal): Promise<void>;
  /** Closes a descriptor of logind's: the machine goes on with its shutdown. */
  release(descriptor: number): void;
  /** The node begins to shut down, or does not any more. */
  onChange(isShuttingDown: boolean): void;
  record: ShutdownRecord;
  events: NodeRecorder;
  metrics: Pick<PressureMetrics, 'shutdown'>;
}

/** Follows the shutdown of the node. */
export class ShutdownManager {
  readonly #ports: ShutdownPorts;
  readonly #stopped = new AbortController();
  #lock: number | undefined;
  #isShuttingDown = false;
  #work: Promise<void> = Promise.resolve();

  constructor(ports: ShutdownPorts) {
    this.#ports = ports;
  }

  /** Follows it from now on; returns at once. */
  start(): void {
    if (this.#ports.periods.length > 0) void this.#run();
  }

  /** Lets the machine shut down without waiting. */
  stop(): void {
    this.#stopped.abort();
    this.#release();
  }

  /** Whether the node shuts down. */
  get isShuttingDown(): boolean {
    return this.#isShuttingDown;
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopped;
    const { metrics, record } = this.#ports;
    metrics.shutdown(record.load());
    let hasBegun = false;
    while (!signal.aborted) {
      try {
        using logind = await this.#begin();
        hasBegun = true;
        log.info('Watching for the shutdown of the node', { seconds: wholePeriod(this.#ports.periods) });
        await Promise.race([logind.closed, onceAborted(signal)]);
        if (signal.aborted) return;
        log.error('Ended to watching the node for shutdown events', {});
      } catch (error) {
        // Without logind at the start there is none, as in the real kubelet.
        if (!hasBegun) {
          log.error('Failed to start node shutdown manager', { err: error });
          return;
        }
        log.error('Unable to watch the node for shutdown events', { err: error });
      }
      await sleepUntilAborted(reconnectMs, signal, { ref: false });
    }
  }

  async #begin(): Promise<Logind> {
    const logind = await this.#ports.connect((isBeginning) => {
      // In the order in which they were told.
      this.#work = this.#work
        .then(() => this.#onShutdown(isBeginning, logind))
        .catch((error: unknown) => {
          log.error('Shutdown manager failed to process shutdown event', { err: error });
        });
    });
    try {
      await this.#allowDelay(logind);
      await this.#inhibit(logind);
      return logind;
    } catch (error) {
      logind[Symbol.dispose]();
      throw error;
    }
  }

  /** Has logind wait for as long as pods may take. */
  async #allowDelay(logind: Logind): Promise<void> {
    const wantedMs = wholePeriod(this.#ports.periods) * 1000;
    if ((await logind.maxDelayMs()) >= wantedMs) return;
    const { logindConfDir } = this.#ports;
    mkdirSync(logindConfDir, { recursive: true, mode: 0o755 });
    const text = `# Kubelet logind override\n[Login]\nInhibitDelayMaxSec=${wantedMs / 1000}\n`;
    writeFileSync(join(logindConfDir, '99-kubelet.conf'), text, { mode: 0o644 });
    await logind.reload();
    for (let look = 0; look < looks; look += 1) {
      // logind tells nobody that it has read its configuration.
      await sleepUntilAborted(firstLookMs * 2 ** look, this.#stopped.signal);
      if ((await logind.maxDelayMs()) >= wantedMs) return;
    }
    throw new Error(
      `node shutdown manager was timed out after ${looks} attempts waiting for logind InhibitDelayMaxSec to update to ${wantedMs / 1000}s (ShutdownGracePeriod)`,
    );
  }

  async #inhibit(logind: Logind): Promise<void> {
    const lock = await logind.inhibitShutdown(inhibition);
    this.#release();
    if (this.#stopped.signal.aborted) this.#ports.release(lock);
    else this.#lock = lock;
  }

  #release(): void {
    if (this.#lock !== undefined) this.#ports.release(this.#lock);
    this.#lock = undefined;
  }

  async #onShutdown(isBeginning: boolean, logind: Logind): Promise<void> {
    const { onChange, events } = this.#ports;
    const what = isBeginning ? 'shutdown event' : 'shutdown cancellation';
    log.info('Shutdown manager detected new shutdown event', {
      event: isBeginning ? 'shutdown' : 'cancelled',
    });
    events.recordOfNode('Normal', 'NodeShutdown', `Shutdown manager detected ${what}`);
    this.#isShuttingDown = isBeginning;
    onChange(isBeginning);
    if (!isBeginning) return this.#inhibit(logind);
    try {
      await this.#endPods();
    } finally {
      this.#release();
      log.info('Shutdown manager completed processing shutdown event, node will shutdown shortly', {});
    }
  }

  async #endPods(): Promise<void> {
    const { periods, activePods, record, metrics } = this.#ports;
    const startedAt = Date.now();
    const told = (endedAt: number): void => {
      record.store({ startedAt, endedAt });
      metrics.shutdown({ startedAt, endedAt });
    };
    told(0);
    for (const group of shutdownGroups(periods, activePods())) {
      if (this.#stopped.signal.aborted) return;
      await this.#endGroup(group);
    }
    told(Date.now());
  }

  /** Ends pods together, and waits for them no longer than they have. */
  async #endGroup(group: ShutdownGroup): Promise<void> {
    const { signal: stopped } = this.#stopped;
    const signal = AbortSignal.any([stopped, AbortSignal.timeout(group.graceSeconds * 1000)]);
    await Promise.all(
      group.pods.map(async (pod) => {
        const graceSeconds = shutdownGrace(pod, group);
        const about = { pod: podKey(pod), gracePeriod: graceSeconds };
        log.info('Shutdown manager killing pod with gracePeriod', about);
        await this.#ports.end(pod, { by: 'node-shutdown', graceSeconds }, signal);
        if (signal.aborted) log.warn('Shutdown manager pod killing time out', about);
        else log.info('Shutdown manager finished killing pod', about);
      }),
    );
  }
}
