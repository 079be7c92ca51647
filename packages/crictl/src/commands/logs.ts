import { once } from 'node:events';
import { CriError } from '@berth/cri/errors.ts';
import { ContainerState } from '@berth/cri/generated/api.ts';
import type { App } from '../app.ts';
import { defineCommand } from '../command.ts';
import { within } from '../errors.ts';
import { LogPrinter } from '../logs/printer.ts';
import { readLog } from '../logs/read.ts';
import { parseSince } from '../logs/since.ts';
import { containerId } from '../objects/ids.ts';

export const logs = defineCommand({
  argsUsage: 'CONTAINER-ID',
  flags: {
    follow: { type: 'boolean', aliases: ['f'], usage: 'Go on printing while the container runs' },
    previous: { type: 'boolean', aliases: ['p'], usage: 'The log of the attempt before this one' },
    reopen: { type: 'boolean', aliases: ['r'], usage: 'Have the runtime open the log file anew first' },
    tail: { type: 'integer', default: -1, usage: 'Only so many lines from the end, -1 for all' },
    'limit-bytes': { type: 'integer', default: -1, usage: 'Print so many bytes at most, -1 for no limit' },
    since: { type: 'string', usage: 'Only lines after a time (2013-01-02T13:23:37) or within a span (42m)' },
    timestamps: { type: 'boolean', aliases: ['t'], usage: 'Put its time before each line' },
    stream: { type: 'string', aliases: ['s'], usage: 'Only stdout or stderr' },
  },
  async run({ app, flags, given, args, showHelp }) {
    const [givenId = ''] = args;
    if (givenId === '') throw new Error('ID cannot be empty');
    if (args.length > 1) return showHelp();
    const { stream } = flags;
    if (!['', 'stdout', 'stderr'].includes(stream)) {
      throw new Error(`invalid stream "${stream}", must be "stdout" or "stderr"`);
    }
    if (given.has('tail') && given.has('stream'))
      throw new Error('--tail and --stream are mutually exclusive');
    const sinceNano = flags.since === '' ? undefined : parseSince(flags.since, Date.now());

    const id = await containerId(app, givenId);
    const runtime = await app.runtime();
    if (flags.reopen) {
      await within('reopen container logs', () =>
        runtime.reopenContainerLog({ containerId: id }, app.call()),
      );
      app.logger.info('Container logs reopened');
    }
    const { status } = await runtime.containerStatus({ containerId: id }, app.call());
    if (status === undefined || status.logPath === '') throw new Error('the container has not set log path');
    const path = flags.previous ? previousLog(status.logPath, status.metadata) : status.logPath;

    const output = {
      stdout: stream === 'stderr' ? undefined : (bytes: Buffer) => void process.stdout.write(bytes),
      stderr: stream === 'stdout' ? undefined : (bytes: Buffer) => void process.stderr.write(bytes),
    };
    const printer = new LogPrinter(output, {
      timestamps: flags.timestamps,
      sinceNano,
      limitBytes: flags['limit-bytes'] < 0 ? undefined : flags['limit-bytes'],
    });
    await readLog({
      path,
      tailLines: flags.tail < 0 ? undefined : flags.tail,
      follow: flags.follow ? { isRunning: () => isRunning(app, id), signal: app.signal } : undefined,
      onLine: (line) => printer.print(line),
      onBadLine: (line, reason) =>
        app.logger.error(`Failed when parsing line in log file ${path}: ${reason}: ${line}`),
      whenWritable: async () => {
        for (const target of [process.stdout, process.stderr]) {
          if (target.writableNeedDrain) await once(target, 'drain');
        }
      },
    });
  },
});

/** Pure: log files are named for the attempt, `0.log`, `1.log` and so on. */
function previousLog(path: string, metadata: { name: string; attempt: number } | undefined): string {
  const attempt = metadata?.attempt ?? 0;
  if (attempt === 0) throw new Error(`previous terminated container ${metadata?.name ?? ''} not found`);
  return path.slice(0, path.lastIndexOf('/') + 1) + (attempt - 1) + path.slice(path.lastIndexOf('.'));
}

async function isRunning(app: App, id: string): Promise<boolean> {
  try {
    const { status } = await (await app.runtime()).containerStatus({ containerId: id }, app.call());
    return status?.state === ContainerState.CONTAINER_RUNNING;
  } catch (error) {
    // While the runtime restarts, its containers go on and so does the log.
    if (error instanceof CriError && error.code === 'UNAVAILABLE') return true;
    if (app.signal.aborted) return false;
    throw error;
  }
}
