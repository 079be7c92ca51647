import { once } from 'node:events';
import type { App } from '../app.ts';
import { defineCommand } from '../command.ts';
import { allSettled, describeError, within } from '../errors.ts';
import { containerFilterFlags, listContainers } from '../objects/containers.ts';
import { containerId } from '../objects/ids.ts';

const { state, all: _all, namespace: _namespace, ...filterFlags } = containerFilterFlags;

export const exec = defineCommand({
  argsUsage: '[CONTAINER-ID] COMMAND [ARG...]',
  description:
    'CONTAINER-ID is left out with any of the flags that select containers:\n' +
    '--image, --label, --last, --latest, --name, --pod, --state',
  argsAreForeign: true,
  flags: {
    ...filterFlags,
    state: { type: 'string', usage: state.usage },
    sync: {
      type: 'boolean',
      aliases: ['s'],
      usage: 'Wait for the end of the command, then print what it wrote',
    },
    interactive: { type: 'boolean', aliases: ['i'], usage: 'Hand on the input; not available yet' },
    tty: { type: 'boolean', aliases: ['t'], usage: 'Give the command a terminal; not available yet' },
    timeout: { type: 'integer', usage: 'Seconds that the command may take, 0 for no limit' },
    quiet: { type: 'boolean', aliases: ['q'], usage: 'Do not print the ids of several containers' },
    'ignore-errors': { type: 'boolean', aliases: ['e'], usage: 'Go on and exit with 0 when a command fails' },
    parallel: {
      type: 'boolean',
      aliases: ['x'],
      usage: 'Do not print ids, all containers being served at once',
    },
  },
  async run({ app, flags, given, args, showHelp }) {
    const selects = (['name', 'pod', 'image', 'state', 'label', 'latest', 'last'] as const).some((name) =>
      given.has(name),
    );
    if (args.length < (selects ? 1 : 2)) return showHelp();
    if (!flags.sync || flags.interactive || flags.tty) {
      throw new Error(
        'streaming exec is not available yet; add --sync (-s) and leave out -i and -t to run the command and print its output at the end',
      );
    }
    let ids = selects ? [] : args.slice(0, 1);
    const cmd = selects ? args : args.slice(1);
    if (selects) {
      const selection = { ...flags, id: '', namespace: '', all: false };
      ids = (await within('listing containers', () => listContainers(app, selection))).map(({ id }) => id);
      if (ids.length === 0) {
        app.logger.error('No containers found per filter flags');
        return showHelp();
      }
    }
    const announced = selects && !flags.quiet && !flags.parallel;
    const works = ids.map((id) => async () => {
      const text = await within(`execing command in container ${id} synchronously`, () =>
        execSync(app, id, cmd, flags.timeout),
      );
      await write(announced ? Buffer.concat([Buffer.from(`${id}:\n`), text]) : text);
    });
    try {
      await allSettled(works);
    } catch (error) {
      if (!flags['ignore-errors']) throw error;
      app.logger.debug(`Ignoring errors: ${describeError(error)}`);
    }
  },
});

/** Runs the command to its end; gives back what it wrote. Throws when it exits with another code than 0. */
async function execSync(app: App, given: string, cmd: string[], timeoutSeconds: number): Promise<Buffer> {
  const request = { containerId: await containerId(app, given), cmd, timeout: BigInt(timeoutSeconds) };
  // Without a limit of its own the command may take for ever, and so may the request.
  const limit = timeoutSeconds === 0 ? 0 : app.settings.timeoutMs + timeoutSeconds * 1000;
  const { stdout, stderr, exitCode } = await (await app.runtime()).execSync(request, app.call(limit));
  if (exitCode !== 0) {
    // What it wrote may tell why it failed, so stdout is not lost either.
    await write(Buffer.from(stdout));
    throw new Error(`command '${cmd.join(' ')}' exited with ${exitCode}: ${Buffer.from(stderr)}`);
  }
  const newline = Buffer.from('\n');
  return Buffer.concat([stdout, newline, stderr, newline]);
}

async function write(bytes: Buffer): Promise<void> {
  if (!process.stdout.write(bytes)) await once(process.stdout, 'drain');
}
