// Reads the logs of a pod's containers, merged by time; with `follow` until the pod has ended.
import { dirname } from 'node:path';
import { sleepUntilAborted } from '@berth/common/abort.ts';
import {
  type Container,
  ContainerState,
  type PodSandbox,
  PodSandboxState,
} from '@berth/cri/generated/api.ts';
import { DirectoryChanges } from '@berth/cri/logs/directory-changes.ts';
import { LogFile } from '@berth/cri/logs/log-file.ts';
import type { App } from '../app/app.ts';
import { describeError, statusIn } from '../errors/describe.ts';
import { ContainerLog, mergeByTime } from './merge.ts';
import { logSource } from './open-log.ts';
import type { WholeLine } from './partial-lines.ts';
import { previousLog } from './previous.ts';

/** How often to list the pod's containers; new log files trigger it earlier. */
const listPeriodMs = 1000;
/** How long to collect lines before they are sorted by time. */
const batchMs = 50;

export interface PodLogOptions {
  follow: boolean;
  /** Reads the log of each container's previous attempt instead. */
  previous: boolean;
  /** Which attempts of the containers to start with; default: all. Later ones are followed. */
  attempts?: 'all' | 'newest';
  /** How many of the last lines, over all containers, to start with; undefined for all. */
  tailLines: number | undefined;
  /** Called with a container's name before its first line. */
  onContainer: (name: string) => void;
  /** Takes a line; false ends the reading. */
  onLine: (name: string, line: WholeLine) => boolean;
  onBadLine: (line: string, reason: string) => void;
  whenWritable: () => Promise<void>;
}

/** Reads the logs of the pod that sandbox `id` belongs to: all its sandboxes, and all attempts of its containers. */
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
  readonly #logs = new Map<string, ContainerLog>();
  /** Containers whose log was read to its end, or that have none. */
  readonly #done = new Set<string>();
  #hasListed = false;
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
    await this.#list(tailLines);
    if (this.#logs.size === 0 && !follow && this.#problem !== undefined) throw this.#problem;
    const tail = tailLines === undefined ? undefined : new Tail(tailLines);
    const take = tail?.add ?? onLine;
    const logs = [...this.#logs.values()];
    if (!(await this.#merge(logs, take))) return;
    if (!follow) {
      for (const log of logs) log.finish();
      if (!(await this.#merge(logs, take))) return;
    }
    if (tail?.lines().every(([name, line]) => onLine(name, line)) === false || !follow) return;
    for (let listedAt = performance.now(); ; ) {
      if (!(await this.#merge([...this.#logs.values()], onLine))) return;
      if (!(await this.#finishEnded())) return;
      if (!this.#isLive || this.#app.signal.aborted) return;
      await this.#changes.next(listPeriodMs);
      await sleepUntilAborted(batchMs, this.#app.signal);
      if (this.#changes.takeNamesChanged() || performance.now() - listedAt >= listPeriodMs) {
        // List before the next read, so that the last lines of ended containers are read.
        await this.#list(undefined);
        listedAt = performance.now();
      }
    }
  }

  async close(): Promise<void> {
    this.#changes.close();
    await Promise.all([...this.#logs.values()].map((log) => log.close()));
  }

  #merge(logs: readonly ContainerLog[], onLine: PodLogOptions['onLine']): Promise<boolean> {
    return mergeByTime(logs, onLine, this.#options.whenWritable);
  }

  /** Prints the last lines of ended containers, also those without a line break, and closes their logs. */
  async #finishEnded(): Promise<boolean> {
    for (const id of this.#ended) {
      const log = this.#logs.get(id);
      if (log === undefined) continue;
      log.finish();
      if (!(await this.#merge([log], this.#options.onLine))) return false;
      await log.close();
      this.#logs.delete(id);
      this.#done.add(id);
    }
    return true;
  }

  /** Lists the pod's containers and opens the logs of new ones. */
  async #list(tailLines: number | undefined): Promise<void> {
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
    const { previous, attempts } = this.#options;
    const newest = newestOfEachName(containers);
    if (attempts === 'newest' && !this.#hasListed) {
      for (const container of containers) if (!newest.includes(container)) this.#done.add(container.id);
    }
    this.#hasListed = true;
    for (const container of previous ? newest : containers) {
      const { id } = container;
      if (this.#logs.has(id) || this.#done.has(id)) continue;
      const log = await this.#open(container, tailLines);
      if (log) this.#logs.set(id, log);
      else if (!going.has(id)) this.#done.add(id);
    }
    this.#ended = new Set([...this.#logs.keys()].filter((id) => !going.has(id)));
  }

  /** The pod's sandboxes and containers; undefined while the runtime is down, which does not end the reading. */
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
      // Containers keep writing their logs while the runtime restarts.
      const isAway = this.#identity !== undefined && statusIn(error)?.code === 'UNAVAILABLE';
      if (!isAway && !app.signal.aborted) throw error;
      return undefined;
    }
  }

  /** Opens a container's log; undefined when it has none, or none yet. */
  async #open({ id, metadata }: Container, tailLines: number | undefined): Promise<ContainerLog | undefined> {
    const app = this.#app;
    const name = metadata?.name ?? id;
    try {
      const { status } = await (await app.runtime()).containerStatus({ containerId: id }, app.call());
      if (status === undefined || status.logPath === '')
        throw new Error(`the container ${name} has not set log path`);
      const path = this.#options.previous ? previousLog(status.logPath, status.metadata) : status.logPath;
      const source = await logSource(path);
      const file = await LogFile.open(source, tailLines);
      this.#changes.add(dirname(source.path));
      this.#options.onContainer(name);
      return new ContainerLog(name, file, (line, reason) =>
        this.#options.onBadLine(line, `${path}: ${reason}`),
      );
    } catch (error) {
      this.#problem ??= error;
      if (!isMissing(error)) app.logger.error(describeError(error));
      return undefined;
    }
  }
}

/** Whether the container was removed meanwhile, or its log does not exist yet or any more. */
function isMissing(error: unknown): boolean {
  const cause = error instanceof Error ? error.cause : undefined;
  return (
    statusIn(error)?.code === 'NOT_FOUND' ||
    (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT')
  );
}

/** The pod of a sandbox: a pod may have had several, one after the other. */
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

/** Keeps the last lines of a stream of lines. */
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
