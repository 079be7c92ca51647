import { defineCommand } from '../app/command.ts';
import { within } from '../errors/within.ts';
import { print } from '../output/print.ts';

export const version = defineCommand({
  flags: {},
  async run({ app, args, showHelp }) {
    if (args.length > 0) return showHelp();
    const answer = await within('getting the runtime version', async () =>
      (await app.runtime()).version({ version: 'v1' }, app.call()),
    );
    print(
      `Version:  ${answer.version}\nRuntimeName:  ${answer.runtimeName}\n` +
        `RuntimeVersion:  ${answer.runtimeVersion}\nRuntimeApiVersion:  ${answer.runtimeApiVersion}\n`,
    );
  },
});
