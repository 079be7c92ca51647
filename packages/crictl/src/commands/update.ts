import { defineCommand } from '../app/command.ts';
import { within } from '../errors/within.ts';
import { containerId } from '../lookup/ids.ts';
import { print } from '../output/print.ts';
import { linuxResources, resourceFlags } from '../update/linux-resources.ts';

export const update = defineCommand({
  argsUsage: 'CONTAINER-ID [CONTAINER-ID...]',
  flags: resourceFlags,
  async run({ app, flags, given, args }) {
    if (args.length === 0) throw new Error('ID cannot be empty');
    const linux = linuxResources(flags);
    for (const flag of ['cpu-count', 'cpu-maximum'] as const) {
      if (given.has(flag)) app.logger.warning(`--${flag} is for Windows and has no effect on Linux`);
    }
    const runtime = await app.runtime();
    for (const id of args) {
      await within(`updating container resources for "${id}"`, async () => {
        const request = { containerId: await containerId(app, id), linux };
        await runtime.updateContainerResources(request, app.call());
      });
      print(`${id}\n`);
    }
  },
});
