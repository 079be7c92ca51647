import { defineCommand } from '../command.ts';
import { within } from '../errors.ts';
import { formatMessage } from '../output/message.ts';

export const events = defineCommand({
  flags: { output: { type: 'string', aliases: ['o'], default: 'json', usage: 'Format: json or yaml' } },
  async run({ app, flags, args, showHelp }) {
    if (args.length > 0) return showHelp();
    await within('getting container events', async () => {
      const runtime = await app.runtime();
      for await (const event of runtime.getContainerEvents({}, { signal: app.signal })) {
        process.stdout.write(formatMessage('ContainerEventResponse', event, flags.output));
      }
    });
  },
});
