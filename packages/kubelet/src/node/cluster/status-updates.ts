// Sends the node's status: every few minutes, and within ten seconds when anything but heartbeats has changed.
import { sleepUntilAborted } from '@berth/common/abort.ts';
import { Semaphore } from '@berth/common/semaphore.ts';
import type { ApiClient } from '../../apiserver/api-client.ts';
import { createLogger } from '../../klog/klog.ts';
import { jittered } from '../jitter.ts';
import type { Node } from '../status/node-object.ts';
import { isStatusChanged, nodeStatusPatch } from '../status/status-change.ts';
import { nodes } from './registrar.ts';

const log = createLogger('status-updates.ts');

/** How often an update is tried at once before the next one waits for its time. */
const maxTries = 5;
/** While the node becomes ready: how often it is looked at, and for how long. */
const fastIntervalMs = 100;
const fastPeriodMs = 120_000;

/** What updates need. */
export interface StatusUpdatesPorts {
  /** The client of heartbeats: with a timeout, without a limit of requests. */
  client: Pick<ApiClient, 'get' | 'patch'>;
  nodeName: string;
  /** How often the status is computed, and how often it is sent although nothing has changed. */
  intervals: { updateMs: number; reportMs: number };
  /** The node as it was observed last. */
  observed(): Node | undefined;
  /** Registers the node, once; nothing when somebody else does. */
  register(signal: AbortSignal): Promise<void>;
  /** The node after `before` with its status now, and whether it has to be sent whatever the status is. */
  updated(before: Node): Promise<{ node: Node; isChanged: boolean }>;
  /** Asks the runtime for its state. */
  refreshRuntime(): Promise<void>;
  /** The server has this status. */
  onReported(node: Node): void;
  /** The node as the server has answered: the watch may show it later, and the next update starts from it. */
  onAnswer(node: Node): void;
  /** An update has failed more than once: connections may hang. */
  onRepeatedFailure(): void;
}

/** Keeps the status of one node. */
export class StatusUpdates {
  readonly #ports: StatusUpdatesPorts;
  readonly #stopped = new AbortController();
  readonly #one = new Semaphore(1);
  #reportedAt: number | undefined;
  /** Added to the interval of reports once after each change, so that many nodes do not report together. */
  #extraMs = 0;

  constructor(ports: StatusUpdatesPorts) {
    this.#ports = ports;
  }

  /** Starts; returns at once. */
  start(): void {
    void this.#run();
    void this.#runFast();
  }

  stop(): void {
    this.#stopped.abort();
  }

  /** Registers the node if need be, and sends its status if it has to be sent. Never rejects. */
  async sync(): Promise<void> {
    const release = await this.#one.acquire();
    try {
      await this.#sync();
    } finally {
      release();
    }
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopped;
    await this.#ports.refreshRuntime();
    while (!signal.aborted) {
      await this.sync();
      await sleepUntilAborted(jittered(this.#ports.intervals.updateMs), signal);
    }
  }

  async #sync(): Promise<void> {
    const { signal } = this.#stopped;
    await this.#ports.register(signal);
    for (let tries = 0; tries < maxTries && !signal.aborted; tries++) {
      try {
        await this.#update(tries);
        return;
      } catch (error) {
        if (signal.aborted) return;
        if (tries > 0) this.#ports.onRepeatedFailure();
        log.error('Error updating node status, will retry', { err: error });
      }
    }
    if (!signal.aborted)
      log.error('Unable to update node status', { err: 'update node status exceeds retry count' });
  }

  /** The first try starts from the observed node, which may be out of date; later ones ask the server. */
  async #update(tries: number): Promise<void> {
    const { client, nodeName: name, observed, updated } = this.#ports;
    const { signal } = this.#stopped;
    const before = tries === 0 ? observed() : await client.get<Node>(nodes, { name }, { signal });
    if (before === undefined) throw new Error(`error getting node ${JSON.stringify(name)}: not found`);
    const { node, isChanged } = await updated(before);
    const hasChanged = isChanged || isStatusChanged(before.status, node.status);
    const { reportMs } = this.#ports.intervals;
    const isDue =
      this.#reportedAt === undefined || performance.now() - this.#reportedAt >= reportMs + this.#extraMs;
    if (!hasChanged && !isDue) {
      this.#ports.onReported(node);
      return;
    }
    this.#extraMs = hasChanged || this.#reportedAt === undefined ? reportMs * (Math.random() - 0.5) : 0;
    this.#ports.onReported(await this.#patch(before, node));
  }

  async #patch(before: Node, after: Node): Promise<Node> {
    const { client, nodeName: name } = this.#ports;
    const patched = await client.patch<Node>(nodes, { name }, 'strategic', nodeStatusPatch(before, after), {
      signal: this.#stopped.signal,
      subresource: 'status',
    });
    this.#reportedAt = performance.now();
    this.#ports.onAnswer(patched);
    return patched;
  }

  /** Until the node is ready, sees soon that it has become so. */
  async #runFast(): Promise<void> {
    const { signal } = this.#stopped;
    const end = performance.now() + fastPeriodMs;
    while (!signal.aborted) {
      if (performance.now() >= end) {
        log.error('Node not becoming ready in time after startup');
        return;
      }
      const release = await this.#one.acquire();
      try {
        if (await this.#becameReady()) return;
      } finally {
        release();
      }
      await sleepUntilAborted(fastIntervalMs, signal);
    }
  }

  async #becameReady(): Promise<boolean> {
    const before = this.#ports.observed();
    if (before === undefined) return false;
    if (isReady(before)) return true;
    await this.#ports.refreshRuntime();
    const { node } = await this.#ports.updated(before);
    if (!isReady(node)) return false;
    log.info('Fast updating node status as it just became ready');
    try {
      this.#ports.onReported(await this.#patch(before, node));
    } catch (error) {
      log.error('Error updating node status, will retry', { err: error });
      await this.#sync();
    }
    return true;
  }
}

/** Whether the node's condition Ready is true. */
export function isReady({ status }: Node): boolean {
  return status?.conditions?.find(({ type }) => type === 'Ready')?.status === 'True';
}
