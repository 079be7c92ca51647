// `crictl logs`: reads the container's log file, which the CRI names, without the runtime's help.
import { LogPrinter } from '@berth/cri/logs/printer.ts';
import type { App } from '../app/app.ts';
import { defineCommand } from '../app/command.ts';
import { statusIn } from '../errors/describe.ts';
import { standardOutput, whenWritable } from '../logs/output.ts';
import { type ContainerLogOptions, printContainerLog } from '../logs/print-container.ts';
import { parseSince } from '../logs/since.ts';
import type { LogTarget } from '../logs/target.ts';
import { isWholeId, withId } from '../lookup/ids.ts';

export const logs = defineCommand({
  argsUsage: 'CONTAINER-ID',
  flags: {
    follow: { type: 'boolean', aliases: ['f'], usage: 'Follow the log while the container runs' },
    previous: { type: 'boolean', aliases: ['p'], usage: "Print the log of the container's previous attempt" },
    reopen: { type: 'boolean', aliases: ['r'], usage: 'Make the runtime reopen the log file first' },
    tail: { type: 'integer', default: -1, usage: 'Number of lines to print from the end, -1 for all' },
    'limit-bytes': {
      type: 'integer',
      default: -1,
      usage: 'Maximum number of bytes to print, -1 for no limit',
    },
    since: { type: 'string', usage: 'Only lines since a time (2013-01-02T13:23:37) or a duration ago (42m)' },
    timestamps: { type: 'boolean', aliases: ['t'], usage: 'Print the timestamp of each line' },
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

    const options: ContainerLogOptions = {
      printer: new LogPrinter(
        { ...standardOutput, ...(stream && { [stream === 'stdout' ? 'stderr' : 'stdout']: undefined }) },
        {
          timestamps: flags.timestamps,
          sinceNano,
          limitBytes: flags['limit-bytes'] < 0 ? undefined : flags['limit-bytes'],
        },
      ),
      tailLines: flags.tail < 0 ? undefined : flags.tail,
      follow: flags.follow,
      previous: flags.previous,
      reopen: flags.reopen,
      whenWritable,
    };
    const target = await targetOf(app, givenId);
    const printPod = async () => (await import('../logs/print-pod.ts')).printPodLog(app, target.id, options);
    if (target.kind === 'pod') return printPod();
    try {
      await printContainerLog(app, target.id, options);
    } catch (error) {
      // A full id is not looked up, so it may be a pod's.
      const isUnknown = isWholeId(givenId) && statusIn(error)?.code === 'NOT_FOUND';
      if (isUnknown && (await isPod(app, givenId))) return printPod();
      throw error;
    }
  },
});

async function targetOf(app: App, given: string): Promise<LogTarget> {
  if (isWholeId(given)) return { kind: 'container', id: given };
  const runtime = await app.runtime();
  const { containers } = await runtime.listContainers({}, app.call());
  const [only, ...others] = withId(given, containers);
  if (only !== undefined && others.length === 0) return { kind: 'container', id: only.id };
  const { items } = await runtime.listPodSandbox({}, app.call());
  const { findLogs } = await import('../logs/target.ts');
  return findLogs(app, given, containers, items);
}

async function isPod(app: App, podSandboxId: string): Promise<boolean> {
  const runtime = await app.runtime();
  return runtime.podSandboxStatus({ podSandboxId }, app.call()).then(
    () => true,
    () => false,
  );
}
