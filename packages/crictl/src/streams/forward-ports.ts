// Listens on local ports and forwards connections to ports of a pod, until it is stopped.
import { onceAborted } from '@berth/common/abort.ts';
import type { LocalListener, PortForwardClient } from '@berth/streaming/client/port-forward.ts';
import { ForwardError } from '@berth/streaming/client/port-forward.ts';
import type { PortPair } from './ports.ts';

/** The addresses of `localhost`, in the order of Go's client. One that can be bound is enough. */
const addresses = [
  { address: '127.0.0.1', shown: '127.0.0.1', network: 'tcp4' },
  { address: '::1', shown: '[::1]', network: 'tcp6' },
];

export interface ForwardOptions {
  client: PortForwardClient;
  pairs: readonly PortPair[];
  /** Print to standard output and standard error. */
  print(line: string): void;
  complain(line: string): void;
  /** Called with the error of a connection. */
  failed(message: string): void;
  signal: AbortSignal;
}

/**
 * Resolves when `signal` is aborted. Rejects when no port could be bound, or the connection to the pod is lost, which
 * includes, as with the real crictl, a connection that the pod refused.
 */
export async function forwardPorts(options: ForwardOptions): Promise<void> {
  const { client, signal } = options;
  const listeners: LocalListener[] = [];
  try {
    const used: PortPair[] = [];
    for (const pair of options.pairs) {
      const { local, problems } = await listen(pair, listeners, options);
      used.push({ ...pair, local });
      if (problems.length === addresses.length) {
        const all = `Listeners failed to create with the following errors: [${problems.join(' ')}]`;
        options.complain(`Unable to listen on port ${local}: ${all}`);
      }
    }
    if (listeners.length === 0) {
      const shown = used.map(({ local, remote }) => `{${local} ${remote}}`).join(' ');
      throw new Error(`unable to listen on any of the requested ports: [${shown}]`);
    }
    await onceAborted(AbortSignal.any([signal, client.signal]));
    if (!signal.aborted) throw new Error('lost connection to pod');
  } finally {
    await Promise.all(listeners.map((listener) => listener.close()));
  }
}

/** Listens on each address, on the same port. Adds to `listeners`, and returns the errors. */
async function listen(
  { local: wanted, remote }: PortPair,
  listeners: LocalListener[],
  { client, print, failed }: ForwardOptions,
): Promise<{ local: number; problems: string[] }> {
  let local = wanted;
  const problems: string[] = [];
  for (const { address, shown, network } of addresses) {
    try {
      const listener = await client.listen({
        address,
        localPort: local,
        remotePort: remote,
        onConnection: () => print(`Handling connection for ${local}`),
        onError: (error) => {
          const reason = error instanceof ForwardError ? error.reason : error.message;
          if (!client.signal.aborted) failed(`an error occurred forwarding ${local} -> ${remote}: ${reason}`);
          client.close();
        },
      });
      listeners.push(listener);
      local = listener.port;
      print(`Forwarding from ${shown}:${local} -> ${remote}`);
    } catch (error) {
      const where = `listen ${network} ${shown}:${local}`;
      problems.push(`unable to create listener: Error ${where}: ${listenProblem(error)}`);
    }
  }
  return { local, problems };
}

const bindErrors: Readonly<Record<string, string>> = {
  EADDRINUSE: 'bind: address already in use',
  EADDRNOTAVAIL: 'bind: cannot assign requested address',
  EACCES: 'bind: permission denied',
  EAFNOSUPPORT: 'socket: address family not supported by protocol',
};

function listenProblem(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const code = 'code' in error ? String(error.code) : '';
  return bindErrors[code] ?? error.message;
}
