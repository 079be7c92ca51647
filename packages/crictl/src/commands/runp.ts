// `crictl runp`: creates and starts a pod sandbox.
import { defineCommand } from '../app/command.ts';
import { cancelTimeoutFlag, runPod } from '../create/create.ts';
import { print } from '../output/print.ts';
import { podSchemaCommands } from './jsonschema-subcommands.ts';

export const runp = defineCommand({
  argsUsage: 'pod-config.[json|yaml]',
  subcommands: podSchemaCommands,
  flags: {
    runtime: {
      type: 'string',
      aliases: ['r'],
      usage: 'Runtime handler to use, one of those that crictl info lists',
    },
    'cancel-timeout': cancelTimeoutFlag,
  },
  async run({ app, flags, args, showHelp }) {
    const [path = ''] = args;
    if (args.length !== 1 || path === '') return showHelp();
    const timeoutMs = flags['cancel-timeout'] || app.settings.timeoutMs;
    print(`${await runPod(app, path, flags.runtime, timeoutMs)}\n`);
  },
});
