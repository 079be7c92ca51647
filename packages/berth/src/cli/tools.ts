// The arguments of the commands for one pod at a time, and of `berth version` and `berth completion`.
import { Argument, type Command } from 'commander';
import type { RunOptions } from '../commands/run.ts';
import type { NodeLayout } from '../node/layout.ts';
import { parseSeconds } from './seconds.ts';

/** Adds the commands, each loaded when it is called. */
export function registerTools(program: Command, layoutOf: () => NodeLayout): void {
  // The words behind the image belong to the container, flags included.
  program.enablePositionalOptions();
  program
    .command('run')
    .description(
      'run an image as a pod: kept running, or connected to this terminal with -it, --attach or --rm',
    )
    .argument('<IMAGE>')
    .argument('[COMMAND...]', 'arguments for the image, or with --command its command; may follow --')
    .option('--name <name>', 'name of the pod; by default after the image')
    .option('-e, --env <NAME=VALUE>', 'environment variable; NAME alone passes its value here on', collect)
    .option('-p, --port <HOST:CONTAINER>', 'port of this machine for one of the container', collect)
    .option(
      '-v, --volume <HOST:CONTAINER[:ro]>',
      'file or directory of this machine in the container',
      collect,
    )
    .option('-l, --label <KEY=VALUE>', 'label of the pod', collect)
    .option('-i, --stdin', 'pass standard input to the container')
    .option('-t, --tty', 'give the container a terminal')
    .option('--attach', 'print what the container writes until it ends, and exit with its exit code')
    .option('--rm', 'as --attach, and remove the pod at the end, whatever ends this command')
    .option('--restart <policy>', 'always, on-failure or never; default: always, and never when attached')
    .option('--command', 'COMMAND replaces the entrypoint of the image')
    .option('--pull <policy>', 'when to pull the image: always, missing or never')
    .option('--memory <quantity>', 'limit of memory, such as 512Mi or 512m')
    .option('--cpu <quantity>', 'limit of processor time, such as 0.5 or 500m')
    .option('-w, --workdir <DIR>', 'working directory in the container')
    .option('--timeout <seconds>', 'how long to wait for the container to start', parseSeconds, 120)
    .option('--dry-run', 'print the manifest instead, for berth up')
    .passThroughOptions()
    .action(async (image: string, words: string[], options: RunOptions) => {
      const { run } = await import('../commands/run.ts');
      const [first, ...others] = words;
      process.exitCode = await run(layoutOf(), image, first === '--' ? others : words, options);
    });

  program
    .command('cp')
    .description('copy files between this machine and a container; the image needs no tar')
    .argument(
      '<SOURCE>',
      'POD:/PATH, POD/CONTAINER:/PATH or a path of this machine; DIRECTORY/. for its contents',
    )
    .argument('<TARGET>', 'the same; one of the two is in a container')
    .option('-c, --container <CONTAINER>', 'container of a pod with several')
    .action(async (source: string, target: string, options: { container?: string }) => {
      const { cp } = await import('../commands/cp.ts');
      if (!(await cp(layoutOf(), source, target, options))) process.exitCode = 1;
    });

  program
    .command('port-forward')
    .description('forward ports of 127.0.0.1 to a pod, until Ctrl-C')
    .argument('<POD>', 'name, NAMESPACE/NAME or id')
    .argument('<PORT...>', '[LOCAL:]REMOTE; :REMOTE takes a free local port')
    .action(async (pod: string, ports: string[]) => {
      const { portForward } = await import('../commands/port-forward.ts');
      await portForward(layoutOf(), pod, ports);
    });

  program
    .command('version')
    .description('show the versions of this command and of every part that runs')
    .action(async () => {
      const [{ version }, { readConfig }] = await Promise.all([
        import('../commands/version.ts'),
        import('@berth/runtime/config/read.ts'),
      ]);
      await version(
        layoutOf(),
        readConfig(undefined, () => {}),
      );
    });

  program
    .command('completion')
    .description(
      'print a completion script: source <(berth completion bash), or berth completion fish | source',
    )
    .addArgument(new Argument('[SHELL]').choices(['bash', 'zsh', 'fish']).default('bash'))
    .action(async (shell: string) => {
      const { completion } = await import('../commands/complete.ts');
      completion(shell);
    });

  program
    .command('__complete', { hidden: true })
    .argument('[WORD...]')
    .passThroughOptions()
    .action(async (words: string[]) => {
      const { complete } = await import('../commands/complete.ts');
      await complete(layoutOf, program, words[0] === '--' ? words.slice(1) : words);
    });
}

/** Collects the values of an option that may be given several times. */
const collect = (value: string, before: string[] = []) => [...before, value];
