import { defineCommand } from '../app/command.ts';
import { within } from '../errors/within.ts';
import { containerId } from '../lookup/ids.ts';
import { tlsFiles, transportFlags } from '../streams/flags.ts';

export const attach = defineCommand({
  argsUsage: 'CONTAINER-ID',
  flags: {
    ...transportFlags,
    stdin: { type: 'boolean', aliases: ['i'], usage: 'Pass standard input to the container' },
    tty: {
      type: 'boolean',
      aliases: ['t'],
      usage: "Attach this terminal to the container's; Ctrl-P Ctrl-Q detaches",
    },
  },
  async run({ app, flags, args, showHelp }) {
    const [given = ''] = args;
    if (given === '') throw new Error('ID cannot be empty');
    if (args.length > 1) return showHelp();
    const tls = tlsFiles(flags);
    const { stdin: interactive, tty, transport } = flags;
    await within('attaching running container failed', async () => {
      const id = await containerId(app, given);
      const wanted = { containerId: id, tty, stdin: interactive, stdout: true, stderr: !tty };
      const { url } = await (await app.runtime()).attach(wanted, app.call());
      const { Sessions } = await import('../streams/session.ts');
      const sessions = new Sessions(app, { interactive, tty, transport, tls });
      try {
        await sessions.run(url);
      } finally {
        sessions.close();
      }
    });
  },
});
