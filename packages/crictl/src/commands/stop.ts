import { defineCommand } from '../app/command.ts';
import { ExitError } from '../errors/exit-error.ts';
import { within } from '../errors/within.ts';
import { listContainers } from '../filters/containers.ts';
import { containerId } from '../lookup/ids.ts';
import { print } from '../output/print.ts';

export const stop = defineCommand({
  argsUsage: 'CONTAINER-ID [CONTAINER-ID...]',
  flags: {
    timeout: {
      type: 'integer',
      aliases: ['t'],
      usage: 'Seconds to wait before the container is killed',
    },
    all: { type: 'boolean', aliases: ['a'], usage: 'All running containers' },
  },
  async run({ app, flags, args }) {
    if (flags.all && args.length > 0)
      throw new ExitError('cannot specify CONTAINER-ID(s) when using --all', 1);
    if (!flags.all && args.length === 0) {
      throw new ExitError('you must specify at least one CONTAINER-ID or use --all', 1);
    }
    let ids = args;
    if (flags.all) {
      ids = (await within('listing containers', () => listContainers(app, running))).map(({ id }) => id);
      if (ids.length === 0) print('No running containers found.\n');
    }
    const runtime = await app.runtime();
    for (const given of ids) {
      await within(`stopping the container "${given}"`, async () => {
        const request = { containerId: await containerId(app, given), timeout: BigInt(flags.timeout) };
        await runtime.stopContainer(request, app.call(app.settings.timeoutMs + flags.timeout * 1000));
      });
      print(`${given}\n`);
    }
  },
});

const running = {
  id: '',
  name: '',
  namespace: '',
  pod: '',
  image: '',
  state: 'running',
  labels: {},
  latest: false,
  last: 0,
  all: false,
};
