// The commands of berth for one pod at a time. Each is imported when it runs.
import { type Command, InvalidArgumentError, Option } from 'commander';
import type { ExecOptions } from '../commands/exec.ts';
import type { LogsOptions } from '../commands/logs.ts';
import { type OutputFormat, outputFormats } from '../commands/ps-formats.ts';
import { UserError } from '../errors/user-error.ts';
import type { NodeLayout } from '../node/layout.ts';
import { parseSeconds } from './seconds.ts';

const defaultRestartSeconds = 120;

/** Adds the commands to the program; they are about the node with this layout. */
export function addPodCommands(program: Command, layoutOf: () => NodeLayout): void {
  addPs(program, layoutOf);
  addLogs(program, layoutOf);
  addExec(program, layoutOf);
  program
    .command('describe')
    .description("show a pod's specification, states and events")
    .argument('<POD...>', 'names of pods')
    .action(async (pods: string[]) => {
      const { describe } = await import('../commands/describe.ts');
      await describe(layoutOf(), pods);
    });
  program
    .command('restart')
    .description(
      'end pods gracefully and start them again, each in a new sandbox with new volumes; without a pod: restart the runtime and the kubelet, while pods keep running',
    )
    .argument('[POD...]', 'names of pods')
    .option(
      '--timeout <seconds>',
      'how long to wait until they are ready',
      parseSeconds,
      defaultRestartSeconds,
    )
    .action(async (pods: string[], options: { timeout: number }) => {
      if (pods.length === 0) {
        const { restartDaemons } = await import('../commands/restart-daemons.ts');
        return await restartDaemons(layoutOf());
      }
      const { restartPods } = await import('../commands/restart-pods.ts');
      await restartPods(layoutOf(), pods, options);
    });
  addTop(program, layoutOf);
}

function addPs(program: Command, layoutOf: () => NodeLayout): void {
  program
    .command('ps')
    .description('list the pods')
    .argument('[POD...]', 'only these: hello, default/hello, or the full name')
    .addOption(new Option('-o, --output <format>', 'format').choices(outputFormats))
    .option('-w, --watch', 'go on with each change', false)
    .action(async (pods: string[], options: { output?: OutputFormat; watch: boolean }) => {
      const { ps } = await import('../commands/ps.ts');
      await ps(layoutOf(), pods, options);
    });
}

function addLogs(program: Command, layoutOf: () => NodeLayout): void {
  program
    .command('logs')
    .description("print a container's log")
    .argument('<POD>', 'name of the pod')
    .argument('[CONTAINER]', 'name of the container; default: that of the annotation, or the first')
    .option('-c, --container <name>', 'name of the container')
    .option('--all-containers', 'the logs of all containers, merged by time', false)
    .option('-f, --follow', 'go on until the container ends', false)
    .option('-p, --previous', "the log of the container's previous run", false)
    .addOption(
      new Option('--since <when>', 'only lines since a duration ago (5s, 2m, 3h), or since a time').conflicts(
        'sinceTime',
      ),
    )
    .option('--since-time <time>', 'only lines since a time (RFC 3339)')
    .option('--tail <lines>', 'number of lines from the end, -1 for all', parseTail, -1)
    .option('--limit-bytes <bytes>', 'maximum number of bytes', parseLimit)
    .option('--timestamps', 'the time before each line', false)
    .option('--prefix', 'the pod and the container before each line', false)
    .action(
      async (
        pod: string,
        container: string | undefined,
        { sinceTime, ...given }: LogsOptions & { sinceTime?: string },
      ) => {
        if (container !== undefined && given.container !== undefined) {
          throw new UserError('only one of -c or an inline [CONTAINER] arg is allowed');
        }
        const options = { ...given, ...(container && { container }), ...(sinceTime && { since: sinceTime }) };
        const { logs } = await import('../commands/logs.ts');
        await logs(layoutOf(), pod, options);
      },
    );
}

function addExec(program: Command, layoutOf: () => NodeLayout): void {
  program
    .command('exec')
    .description('run a command in a container, and exit with its exit code')
    .usage('[options] <POD> -- <COMMAND> [ARG...]')
    .argument('<POD>', 'name of the pod')
    .argument('<COMMAND...>', 'the command, after --')
    .option('-c, --container <name>', 'name of the container; default: that of the annotation, or the first')
    .option('-i, --stdin', 'pass standard input on', false)
    .option('-t, --tty', 'allocate a terminal', false)
    .option('-q, --quiet', 'print only the output of the command', false)
    .action(async (pod: string, words: string[], options: ExecOptions) => {
      if (!process.argv.includes('--')) {
        throw new UserError(`the command stands after --: berth exec ${pod} -- ${words.join(' ')}`);
      }
      const { exec } = await import('../commands/exec.ts');
      process.exitCode = await exec(layoutOf(), pod, words, options);
    });
}

function addTop(program: Command, layoutOf: () => NodeLayout): void {
  program
    .command('top')
    .description('show the resource usage of pods: live on a terminal, a table in a pipe')
    .option('--once', 'print one table', false)
    .option('-b, --batch', 'print tables instead of the live screen', false)
    .option('-n, --iterations <count>', 'number of tables', parseCount, 1)
    .option('-d, --delay <seconds>', 'time between two readings', parseSeconds, 2)
    .option('--containers', 'tables of containers instead of pods', false)
    .action(async (options: Parameters<typeof import('../commands/top.ts').top>[1]) => {
      const { top } = await import('../commands/top.ts');
      await top(layoutOf(), options);
    });
}

function parseTail(text: string): number {
  return integer(text, -1, '--tail must be greater than or equal to -1');
}

function parseLimit(text: string): number {
  return integer(text, 1, '--limit-bytes must be greater than 0');
}

function parseCount(text: string): number {
  return integer(text, 1, 'want a number of 1 or more');
}

function integer(text: string, least: number, problem: string): number {
  const value = Number(text);
  if (!/^-?\d+$/.test(text) || value < least) throw new InvalidArgumentError(problem);
  return value;
}
