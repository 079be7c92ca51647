import { defineCommand } from '../app/command.ts';
import { within } from '../errors/within.ts';
import { podId } from '../lookup/ids.ts';
import { print } from '../output/print.ts';

export const stopp = defineCommand({
  argsUsage: 'POD-ID [POD-ID...]',
  flags: {},
  async run({ app, args, showHelp }) {
    if (args.length === 0) return showHelp();
    const runtime = await app.runtime();
    for (const given of args) {
      await within(`stopping the pod sandbox "${given}"`, async () => {
        await runtime.stopPodSandbox({ podSandboxId: await podId(app, given) }, app.call());
      });
      print(`Stopped sandbox ${given}\n`);
    }
  },
});
