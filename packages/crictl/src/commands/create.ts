import { defineCommand } from '../app/command.ts';
import { createContainer, createFlags, wantsPull } from '../create/create.ts';
import { within } from '../errors/within.ts';
import { podId } from '../lookup/ids.ts';
import { print } from '../output/print.ts';
import { configSchemaCommands } from './jsonschema-subcommands.ts';

export const create = defineCommand({
  argsUsage: 'POD container-config.[json|yaml] pod-config.[json|yaml]',
  subcommands: configSchemaCommands,
  flags: createFlags,
  async run({ app, flags, args, showHelp }) {
    const [pod, containerPath, podPath] = args;
    if (pod === undefined || containerPath === undefined || podPath === undefined || args.length > 3) {
      return showHelp();
    }
    const pull = wantsPull(flags, app.settings.pullImageOnCreate);
    if (pull) await app.image();
    const id = await within('creating container', async () =>
      createContainer(app, { podSandboxId: await podId(app, pod), containerPath, podPath, pull, flags }),
    );
    print(`${id}\n`);
  },
});
