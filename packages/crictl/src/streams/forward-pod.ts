// Forwards local ports to a pod, for crictl port-forward and berth port-forward.
import type { App } from '../app/app.ts';
import { within } from '../errors/within.ts';
import { podId } from '../lookup/ids.ts';
import { print, printError } from '../output/print.ts';
import { dialing, type TlsFiles } from './flags.ts';
import type { PortPair } from './ports.ts';
import { streamingUrl } from './url.ts';

export interface PodForwarding {
  /** An id or a name. */
  pod: string;
  /** Reads the port pairs: their errors come after those of the connection's files, as in the real crictl. */
  pairs: () => readonly PortPair[];
  transport: string;
  tls: TlsFiles;
}

/** Listens on local ports and forwards connections to the pod, until Ctrl-C. Prints the ports and each connection. */
export async function forwardPod(app: App, { pod, pairs, transport, tls }: PodForwarding): Promise<void> {
  const podSandboxId = await podId(app, pod);
  const answer = await (await app.runtime()).portForward({ podSandboxId, port: [] }, app.call());
  const url = streamingUrl(answer.url);
  app.logger.debug(`Forwarding through ${url}`);
  const doing = { spdy: 'get SPDY round tripper' };
  const how = await within('get dialer', () => dialing(transport, tls, doing));
  const wanted = pairs();
  const [{ PortForwardClient }, { forwardPorts }] = await Promise.all([
    import('@berth/streaming/client/port-forward.ts'),
    import('./forward-ports.ts'),
  ]);
  const client = await within('error upgrading connection', () =>
    PortForwardClient.dial({ url, ...how, signal: app.signal }),
  );
  try {
    await forwardPorts({
      client,
      pairs: wanted,
      print: (line) => print(`${line}\n`),
      complain: (line) => printError(`${line}\n`),
      failed: (message) => app.logger.error(message),
      signal: app.signal,
    });
  } finally {
    client.close();
  }
}
