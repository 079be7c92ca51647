// `crictl run`: runp, create and start in one command.
import { defineCommand } from '../app/command.ts';
import { createContainer, createFlags, runPod, wantsPull } from '../create/create.ts';
import { within } from '../errors/within.ts';
import { print } from '../output/print.ts';
import { configSchemaCommands } from './jsonschema-subcommands.ts';

export const run = defineCommand({
  argsUsage: 'container-config.[json|yaml] pod-config.[json|yaml]',
  subcommands: configSchemaCommands,
  flags: {
    ...createFlags,
    runtime: {
      type: 'string',
      aliases: ['r'],
      usage: 'Runtime handler to use, one of those that crictl info lists',
    },
  },
  async run({ app, flags, args, showHelp }) {
    const [containerPath, podPath] = args;
    if (containerPath === undefined || podPath === undefined || args.length > 2) return showHelp();
    const pull = wantsPull(flags, !app.settings.disablePullOnRun);
    if (pull) await app.image();
    await within('running container', async () => {
      const podSandboxId = await runPod(
        app,
        podPath,
        flags.runtime,
        flags['cancel-timeout'] || app.settings.timeoutMs,
      );
      const containerId = await within('creating container failed', () =>
        createContainer(app, { podSandboxId, containerPath, podPath, pull, flags }),
      );
      await within(`starting the container "${containerId}"`, async () =>
        (await app.runtime()).startContainer({ containerId }, app.call()),
      );
      print(`${containerId}\n`);
    });
  },
});
