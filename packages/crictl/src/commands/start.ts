import { defineCommand } from '../app/command.ts';
import { within } from '../errors/within.ts';
import { containerId } from '../lookup/ids.ts';
import { print } from '../output/print.ts';

export const start = defineCommand({
  argsUsage: 'CONTAINER-ID [CONTAINER-ID...]',
  flags: {},
  async run({ app, args }) {
    if (args.length === 0) throw new Error('ID cannot be empty');
    const runtime = await app.runtime();
    for (const given of args) {
      await within(`starting the container "${given}"`, async () => {
        await runtime.startContainer({ containerId: await containerId(app, given) }, app.call());
      });
      print(`${given}\n`);
    }
  },
});
