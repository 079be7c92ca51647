import { defineCommand } from '../app/command.ts';
import { within } from '../errors/within.ts';

export const updateRuntimeConfig = defineCommand({
  flags: {
    'pod-cidr': {
      type: 'string',
      aliases: ['p'],
      usage: 'Pod CIDR, such as 10.1.2.0/24; the runtime ignores an empty one',
    },
  },
  async run({ app, flags, given, args, showHelp }) {
    if (args.length > 0 || given.size === 0) return showHelp();
    const runtimeConfig = { networkConfig: { podCidr: flags['pod-cidr'] } };
    await within('update runtime config', async () =>
      (await app.runtime()).updateRuntimeConfig({ runtimeConfig }, app.call()),
    );
    app.logger.info('Runtime config successfully updated');
  },
});
