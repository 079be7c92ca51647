// Prints the log of one container, for `logs CONTAINER`.
import { ContainerState } from '@berth/cri/generated/api.ts';
import type { LogPrinter } from '@berth/cri/logs/printer.ts';
import { readLog } from '@berth/cri/logs/read.ts';
import type { App } from '../app/app.ts';
import { statusIn } from '../errors/describe.ts';
import { within } from '../errors/within.ts';
import { logSource } from './open-log.ts';
import { previousLog } from './previous.ts';

export interface ContainerLogOptions {
  printer: LogPrinter;
  /** Number of lines from the end; undefined for all. */
  tailLines: number | undefined;
  /** Continue until the container has exited. */
  follow: boolean;
  /** Print the log of the container's previous attempt. */
  previous: boolean;
  /** Make the runtime reopen the log file first. */
  reopen: boolean;
  /** Resolves when the output accepts more. */
  whenWritable: () => Promise<void>;
}

/** Prints the log of the container with this id; `prefix` stands before each line. */
export async function printContainerLog(
  app: App,
  id: string,
  options: ContainerLogOptions,
  prefix = '',
): Promise<void> {
  const { printer, follow, previous, reopen, ...reading } = options;
  const runtime = await app.runtime();
  if (reopen) await reopenLog(app, id);
  const { status } = await runtime.containerStatus({ containerId: id }, app.call());
  if (status === undefined || status.logPath === '') throw new Error('the container has not set log path');
  const path = previous ? previousLog(status.logPath, status.metadata) : status.logPath;
  await readLog({
    ...reading,
    source: await logSource(path),
    follow: follow ? { isRunning: () => isRunning(app, id), signal: app.signal } : undefined,
    onLine: (line) => printer.print(line, prefix),
    onBadLine: (line, reason) =>
      app.logger.error(`Failed when parsing line in log file ${path}: ${reason}: ${line}`),
  });
}

/** Makes the runtime reopen the container's log file, as after a rotation. */
export async function reopenLog(app: App, containerId: string): Promise<void> {
  await within('reopen container logs', async () =>
    (await app.runtime()).reopenContainerLog({ containerId }, app.call()),
  );
  app.logger.info('Container logs reopened');
}

async function isRunning(app: App, id: string): Promise<boolean> {
  try {
    const { status } = await (await app.runtime()).containerStatus({ containerId: id }, app.call());
    return status?.state === ContainerState.CONTAINER_RUNNING;
  } catch (error) {
    // Containers keep writing their logs while the runtime restarts.
    if (statusIn(error)?.code === 'UNAVAILABLE') return true;
    if (app.signal.aborted) return false;
    throw error;
  }
}
