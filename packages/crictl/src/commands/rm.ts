// `crictl rm`: removes containers and their logs; stops running ones with --force.
import { readdir, unlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { ContainerState } from '@berth/cri/generated/api.ts';
import type { App } from '../app/app.ts';
import { defineCommand } from '../app/command.ts';
import { describeError } from '../errors/describe.ts';
import { allSettled, within } from '../errors/within.ts';
import { containerId } from '../lookup/ids.ts';
import { print } from '../output/print.ts';

export const rm = defineCommand({
  argsUsage: 'CONTAINER-ID [CONTAINER-ID...]',
  flags: {
    force: { type: 'boolean', aliases: ['f'], usage: 'Stop running containers first' },
    'keep-logs': { type: 'boolean', aliases: ['k'], usage: 'Keep the log file and its rotations' },
    all: { type: 'boolean', aliases: ['a'], usage: 'All containers' },
  },
  async run({ app, flags, args, showHelp }) {
    const runtime = await app.runtime();
    const ids = flags.all
      ? (await runtime.listContainers({}, app.call())).containers.map(({ id }) => id)
      : args;
    if (ids.length === 0) return flags.all ? app.logger.info('No containers to remove') : showHelp();
    const options = { force: flags.force, keepLogs: flags['keep-logs'] };
    await allSettled(ids.map((id) => () => remove(app, id, options)));
  },
});

async function remove(
  app: App,
  given: string,
  options: { force: boolean; keepLogs: boolean },
): Promise<void> {
  const runtime = await app.runtime();
  const id = await containerId(app, given);
  const { status } = await within(`getting container status "${given}"`, () =>
    runtime.containerStatus({ containerId: id }, app.call()),
  );
  if (status?.state === ContainerState.CONTAINER_RUNNING) {
    if (!options.force) throw new Error(`container "${given}" is running, please stop it first`);
    await within(`stopping the container "${given}"`, () =>
      runtime.stopContainer({ containerId: id }, app.call()),
    );
    print(`${given}\n`);
  }
  await within(`removing container "${given}"`, () =>
    runtime.removeContainer({ containerId: id }, app.call()),
  );
  print(`${given}\n`);
  if (!options.keepLogs && status && status.logPath !== '') await removeLogs(app, given, status.logPath);
}

async function removeLogs(app: App, id: string, logPath: string): Promise<void> {
  const folder = dirname(logPath);
  const rotations = (await readdir(folder).catch(() => [])).filter((name) =>
    name.startsWith(`${basename(logPath)}.`),
  );
  for (const file of [...rotations.map((name) => join(folder, name)), logPath]) {
    await unlink(file).catch((error: NodeJS.ErrnoException) => {
      const reason = describeError(Object.assign(error, { syscall: 'remove' }));
      app.logger.error(`removing log file ${file} for container "${id}" failed: ${reason}`);
    });
  }
}
