import { defineCommand } from '../app/command.ts';
import { within } from '../errors/within.ts';
import { tlsFiles, transportFlags } from '../streams/flags.ts';
import { forwardPod } from '../streams/forward-pod.ts';
import { parsePortPair } from '../streams/ports.ts';

export const portForward = defineCommand({
  argsUsage: 'POD-ID [LOCAL_PORT:]REMOTE_PORT',
  flags: transportFlags,
  async run({ app, flags, args, showHelp }) {
    const [pod = '', ...words] = args;
    if (words.length === 0) return showHelp();
    const tls = tlsFiles(flags);
    const { transport } = flags;
    const pairs = () => words.map(parsePortPair);
    await within('port forward', () => forwardPod(app, { pod, pairs, transport, tls }));
  },
});
