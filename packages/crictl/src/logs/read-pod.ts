// The log of a pod: those of all its containers, by time, for as long as the pod goes on.
import { dirname } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import {
  type Container,
  ContainerState,
  type PodSandbox,
  PodSandboxState,
} from '@berth/cri/generated/api.ts';
import type { App } from '../app/app.ts';
import { describeError, statusIn } from '../errors/describe.ts';
import { DirectoryChanges } from './directory-changes.ts';
import { LogSource } from './log-file.ts';
import { Lane, mergeLanes, type WholeLine } from './merge.ts';
import { previousLog } from './previous.ts';

/** How often to look for new containers and those that have ended; a file that comes is a reason too. */
const lookPeriodMs = 1000;
/** Lines that come within this time are sorted. */
const batchMs = 50;

export interface PodLogOptions {
  follow: boolean;
  /** The logs of the attempts before the last ones instead. */
  previous: boolean;
  /** Lines of all together to begin with; undefined for all. */
  tailLines: number | undefined;
  /** Told of each container's name before its first line. */
  onContainer: (name: string) => void;
  /** Takes a line; false ends the reading. */
  onLine: (name: string, line: WholeLine) => boolean;
  onBadLine: (line: string, reason: string) => void;
  whenWritable: () => Promise<void>;
}

/** Reads the logs of the pod that has the sandbox `id`: of its other sandboxes and all attempts of containers too. */
export async function readPodLogs(app: App, id: string, options: PodLogOptions): Promise<void> {
  const reader = new PodLogReader(app, id, options);
  try {
    await reader.run();
  } finally {
    await reader.close();
  }
}

class PodLogReader {
  readonly #app: App;
  readonly #id: string;
  readonly #options: PodLogOptions;
  readonly #changes: DirectoryChanges;
  /** By container id. */
  readonly #lanes = new Map<string, Lane>();
  /** Containers that are read to the end, or have no log. */
  readonly #done = new Set<string>();
  #ended = new Set<string>();
  #isLive = true;
  #identity: string | undefined;
  #problem: unknown;

  constructor(app: App, id: string, options: PodLogOptions) {
    this.#app = app;
    this.#id = id;
    this.#options = options;
    this.#changes = new DirectoryChanges(app.signal);
  }

  async run(): Promise<void> {
    const { follow, onLine, tailLines } = this.#options;
    await this.#look(tailLines);
    if (this.#lanes.size === 0 && !follow && this.#problem !== undefined) throw this.#problem;
    const tail = tailLines === undefined ? undefined : new Tail(tailLines);
    const take = tail?.add ?? onLine;
    const lanes = [...this.#lanes.values()];
    if (!(await this.#merge(lanes, take))) return;
    if (!follow) {
      for (const lane of lanes) lane.finish();
      if (!(await this.#merge(lanes, take))) return;
    }
    if (tail?.lines().every(([name, line]) => onLine(name, line)) === false || !follow) return;
    for (let lookedAt = performance.now(); ; ) {
      if (!(await this.#merge([...this.#lanes.values()], onLine))) return;
      if (!(await this.#finishEnded())) return;
      if (!this.#isLive || this.#app.signal.aborted) return;
      await this.#changes.next(lookPeriodMs);
      await setTimeout(batchMs, undefined, { signal: this.#app.signal }).catch(() => {});
      if (this.#changes.takeNamesChanged() || performance.now() - lookedAt >= lookPeriodMs) {
        // Looked before the next read, so that nothing is missed of what ended containers wrote.
        await this.#look(undefined);
        lookedAt = performance.now();
      }
    }
  }

  async close(): Promise<void> {
    this.#changes.close();
    await Promise.all([...this.#lanes.values()].map((lane) => lane.close()));
  }

  #merge(lanes: readonly Lane[], onLine: PodLogOptions['onLine']): Promise<boolean> {
    return mergeLanes(lanes, onLine, this.#options.whenWritable);
  }

  /** The last lines of containers that have ended, whether they are whole or not. */
  async #finishEnded(): Promise<boolean> {
    for (const id of this.#ended) {
      const lane = this.#lanes.get(id);
      if (lane === undefined) continue;
      lane.finish();
      if (!(await this.#merge([lane], this.#options.onLine))) return false;
      await lane.close();
      this.#lanes.delete(id);
      this.#done.add(id);
    }
    return true;
  }

  /** Asks the runtime what there is of the pod, and opens what is new. */
  async #look(tailLines: number | undefined): Promise<void> {
    const members = await this.#members();
    if (members === undefined) return;
    const { sandboxes, containers } = members;
    const isReady = sandboxes.some(({ state }) => state === PodSandboxState.SANDBOX_READY);
    const { CONTAINER_CREATED, CONTAINER_RUNNING } = ContainerState;
    const going = new Set(
      containers
        .filter(({ state }) => state === CONTAINER_RUNNING || (isReady && state === CONTAINER_CREATED))
        .map(({ id }) => id),
    );
    this.#isLive = isReady || going.size > 0;
    for (const container of this.#options.previous ? newestOfEachName(containers) : containers) {
      const { id } = container;
      if (this.#lanes.has(id) || this.#done.has(id)) continue;
      const lane = await this.#open(container, tailLines);
      if (lane) this.#lanes.set(id, lane);
      else if (!going.has(id)) this.#done.add(id);
    }
    this.#ended = new Set([...this.#lanes.keys()].filter((id) => !going.has(id)));
  }

  /** What the runtime has of the pod; undefined while it does not answer, which ends nothing. */
  async #members(): Promise<{ sandboxes: PodSandbox[]; containers: Container[] } | undefined> {
    const app = this.#app;
    try {
      const runtime = await app.runtime();
      const [{ items }, all] = await Promise.all([
        runtime.listPodSandbox({}, app.call()),
        runtime.listContainers({}, app.call()),
      ]);
      const own = items.find(({ id }) => id === this.#id);
      this.#identity ??= own && identityOf(own);
      const sandboxes = items.filter((pod) => identityOf(pod) === this.#identity);
      const ids = new Set(sandboxes.map(({ id }) => id));
      const containers = all.containers
        .filter((each) => ids.has(each.podSandboxId))
        .sort((a, b) => (a.createdAt < b.createdAt ? -1 : 1));
      return { sandboxes, containers };
    } catch (error) {
      // While the runtime restarts, its containers go on and so do their logs.
      const isAway = this.#identity !== undefined && statusIn(error)?.code === 'UNAVAILABLE';
      if (!isAway && !app.signal.aborted) throw error;
      return undefined;
    }
  }

  /** Undefined when there is no log, or none yet. */
  async #open({ id, metadata }: Container, tailLines: number | undefined): Promise<Lane | undefined> {
    const app = this.#app;
    const name = metadata?.name ?? id;
    try {
      const { status } = await (await app.runtime()).containerStatus({ containerId: id }, app.call());
      if (status === undefined || status.logPath === '')
        throw new Error(`the container ${name} has not set log path`);
      const path = this.#options.previous ? previousLog(status.logPath, status.metadata) : status.logPath;
      const source = await LogSource.open({ path, tailLines });
      this.#changes.add(dirname(source.path));
      this.#options.onContainer(name);
      return new Lane(name, source, (line, reason) => this.#options.onBadLine(line, `${path}: ${reason}`));
    } catch (error) {
      this.#problem ??= error;
      if (!isMissing(error)) app.logger.error(describeError(error));
      return undefined;
    }
  }
}

/** A container may be gone by now, its log not there yet or not any more. */
function isMissing(error: unknown): boolean {
  const cause = error instanceof Error ? error.cause : undefined;
  return (
    statusIn(error)?.code === 'NOT_FOUND' ||
    (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT')
  );
}

/** A pod is its sandboxes one after the other. */
function identityOf({ id, metadata }: PodSandbox): string {
  if (metadata === undefined) return id;
  return [metadata.namespace, metadata.name, metadata.uid].join('/');
}

function newestOfEachName(containers: readonly Container[]): Container[] {
  const byName = Map.groupBy(containers, ({ metadata }) => metadata?.name ?? '');
  return [...byName.values()].map((attempts) =>
    attempts.reduce((newest, each) => (each.createdAt > newest.createdAt ? each : newest)),
  );
}

/** The last lines of all, in the memory that those take. */
class Tail {
  readonly #count: number;
  #lines: [name: string, line: WholeLine][] = [];

  constructor(count: number | undefined) {
    this.#count = count ?? Number.POSITIVE_INFINITY;
  }

  readonly add = (name: string, line: WholeLine): boolean => {
    this.#lines.push([name, line]);
    if (this.#lines.length > 2 * this.#count + 1000) this.#lines = this.lines();
    return true;
  };

  lines(): [name: string, line: WholeLine][] {
    return this.#count === 0 ? [] : this.#lines.slice(-this.#count);
  }
}
