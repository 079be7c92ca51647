import { defineCommand } from '../app/command.ts';
import { within } from '../errors/within.ts';
import { containerId } from '../lookup/ids.ts';
import { print } from '../output/print.ts';

export const checkpoint = defineCommand({
  argsUsage: 'CONTAINER-ID [CONTAINER-ID...]',
  flags: {
    export: {
      type: 'string',
      aliases: ['e'],
      usage: 'Path of the archive, such as /path/to/checkpoint.tar',
    },
  },
  async run({ app, flags, args }) {
    if (args.length === 0) throw new Error('ID cannot be empty');
    if (flags.export === '') {
      throw new Error(
        'cannot checkpoint a container without specifying the checkpoint destination. Use --export=/path/to/checkpoint.tar',
      );
    }
    const runtime = await app.runtime();
    for (const given of args) {
      await within(`checkpointing the container "${given}" failed`, async () => {
        const request = {
          containerId: await containerId(app, given),
          location: flags.export,
          timeout: BigInt(Math.trunc(app.settings.timeoutMs / 1000)),
        };
        await runtime.checkpointContainer(request, app.call());
      });
      print(`${given}\n`);
    }
  },
});
