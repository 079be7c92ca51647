import { defineCommand } from '../app/command.ts';
import { within } from '../errors/within.ts';
import { podId } from '../lookup/ids.ts';
import { print, printError } from '../output/print.ts';
import { dialing, tlsFiles, transportFlags } from '../streams/flags.ts';
import { parsePortPair } from '../streams/ports.ts';
import { streamingUrl } from '../streams/url.ts';

export const portForward = defineCommand({
  argsUsage: 'POD-ID [LOCAL_PORT:]REMOTE_PORT',
  flags: transportFlags,
  async run({ app, flags, args, showHelp }) {
    const [given = '', ...words] = args;
    if (words.length === 0) return showHelp();
    const tls = tlsFiles(flags);
    await within('port forward', async () => {
      const podSandboxId = await podId(app, given);
      const answer = await (await app.runtime()).portForward({ podSandboxId, port: [] }, app.call());
      const url = streamingUrl(answer.url);
      app.logger.debug(`Forwarding through ${url}`);
      const doing = { spdy: 'get SPDY round tripper' };
      const how = await within('get dialer', () => dialing(flags.transport, tls, doing));
      const pairs = words.map(parsePortPair);
      const [{ PortForwardClient }, { forwardPorts }] = await Promise.all([
        import('@berth/streaming/client/port-forward.ts'),
        import('../streams/forward-ports.ts'),
      ]);
      const client = await within('error upgrading connection', () =>
        PortForwardClient.dial({ url, ...how, signal: app.signal }),
      );
      try {
        await forwardPorts({
          client,
          pairs,
          print: (line) => print(`${line}\n`),
          complain: (line) => printError(`${line}\n`),
          failed: (message) => app.logger.error(message),
          signal: app.signal,
        });
      } finally {
        client.close();
      }
    });
  },
});
