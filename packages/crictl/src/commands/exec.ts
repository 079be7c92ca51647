// `crictl exec`: selects containers, then runs the command by ExecSync or by a streaming session in each.
import { CriError } from '@berth/cri/errors/cri-error.ts';
import type { App } from '../app/app.ts';
import { defineCommand } from '../app/command.ts';
import { describeError } from '../errors/describe.ts';
import { allSettled, within } from '../errors/within.ts';
import { containerFilterFlags, listContainers } from '../filters/containers.ts';
import { parseLabels } from '../filters/labels.ts';
import { containerId } from '../lookup/ids.ts';
import { print } from '../output/print.ts';
import { tlsFiles, transportFlags } from '../streams/flags.ts';

const { state, all: _all, namespace: _namespace, ...filterFlags } = containerFilterFlags;

export const exec = defineCommand({
  argsUsage: '[CONTAINER-ID] COMMAND [ARG...]',
  description:
    'Omit CONTAINER-ID with any of the flags that select containers:\n' +
    '--image, --label, --last, --latest, --name, --pod, --state',
  argsAreForeign: true,
  flags: {
    ...filterFlags,
    ...transportFlags,
    state: { type: 'string', usage: state.usage },
    sync: {
      type: 'boolean',
      aliases: ['s'],
      usage: 'Run the command with ExecSync and print its output at the end',
    },
    interactive: { type: 'boolean', aliases: ['i'], usage: 'Pass standard input to the container' },
    tty: {
      type: 'boolean',
      aliases: ['t'],
      usage: 'Allocate a terminal for the command; Ctrl-P Ctrl-Q detaches',
    },
    timeout: { type: 'integer', usage: 'Timeout of --sync in seconds, 0 for no limit' },
    quiet: { type: 'boolean', aliases: ['q'], usage: 'Do not print the ids of several containers' },
    'ignore-errors': { type: 'boolean', aliases: ['e'], usage: 'Ignore failing commands and exit with 0' },
    parallel: {
      type: 'boolean',
      aliases: ['x'],
      usage: 'Run in all containers in parallel, without printing ids',
    },
  },
  async run({ app, flags, given, args, showHelp }) {
    if (args.length < 1) return showHelp();
    const ignoreErrors = flags['ignore-errors'];
    if (ignoreErrors && !flags.quiet) {
      app.logger.warning(
        'The `--ignore-errors` option has been set all errors returned by the command will be ignored.',
      );
    }
    const selects = (['name', 'pod', 'image', 'state', 'label', 'latest', 'last'] as const).some((name) =>
      given.has(name),
    );
    let ids = args.slice(0, 1);
    const cmd = selects ? args : args.slice(1);
    if (selects) {
      const selection = { ...flags, labels: parseLabels(flags.label), id: '', namespace: '', all: false };
      ids = (await within('listing containers', () => listContainers(app, selection))).map(({ id }) => id);
      if (ids.length === 0) {
        app.logger.error('No containers found per filter flags');
        return showHelp();
      }
    } else if (cmd.length === 0) {
      return showHelp();
    }
    const tls = tlsFiles(flags);
    const announced = selects && !flags.quiet && !flags.parallel;
    const { sync, interactive, tty, transport, timeout } = flags;
    // Loads the streaming client.
    const sessions = sync
      ? undefined
      : new (await import('../streams/session.ts')).Sessions(app, { interactive, tty, transport, tls });
    const works = ids.map((id) => async () => {
      if (announced) print(`${id}:\n`);
      const doing = `execing command in container ${id}`;
      if (sessions === undefined) {
        await within(`${doing} synchronously`, () => execSync(app, id, cmd, timeout));
        return;
      }
      await within(doing, async () => {
        const request = { containerId: await containerId(app, id), cmd, stdin: interactive, tty };
        const outputs = { stdout: true, stderr: !tty };
        const { url } = await (await app.runtime()).exec({ ...request, ...outputs }, app.call());
        await sessions.run(url);
      });
    });
    try {
      await allSettled(works);
    } catch (error) {
      if (!ignoreErrors) throw error;
      app.logger.debug(`Ignoring errors: ${describeError(error)}`);
    } finally {
      sessions?.close();
    }
  },
});

/** Calls ExecSync and prints the output. Throws when the exit code is not 0. */
async function execSync(app: App, given: string, cmd: string[], timeoutSeconds: number): Promise<void> {
  const request = { containerId: await containerId(app, given), cmd, timeout: BigInt(timeoutSeconds) };
  // Without --timeout the request has no deadline.
  const limit = timeoutSeconds === 0 ? 0 : app.settings.timeoutMs + timeoutSeconds * 1000;
  const words = cmd.join(' ');
  const answer = await (await app.runtime()).execSync(request, app.call(limit)).catch((error: unknown) => {
    if (!(error instanceof CriError) || error.code !== 'DEADLINE_EXCEEDED') throw error;
    const seconds = goSeconds(timeoutSeconds);
    throw new Error(`command timed out: ${JSON.stringify(words)} timed out after ${seconds}`, {
      cause: error,
    });
  });
  const { stdout, stderr, exitCode } = answer;
  if (exitCode !== 0) throw new Error(`command '${words}' exited with ${exitCode}: ${Buffer.from(stderr)}`);
  const newline = Buffer.from('\n');
  print(Buffer.concat([stdout, newline, stderr, newline]));
}

/** Whole seconds as Go prints a duration: `1m30s`. */
function goSeconds(seconds: number): string {
  const hours = Math.trunc(seconds / 3600);
  const minutes = Math.trunc((seconds % 3600) / 60);
  const start = hours > 0 ? `${hours}h${minutes}m` : minutes > 0 ? `${minutes}m` : '';
  return `${start}${seconds % 60}s`;
}
