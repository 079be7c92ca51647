// PortForward, second half: connects a client of the returned URL to ports of the pod.

import type { Socket } from 'node:net';
import type { NamespaceWorker } from '@berth/linux/namespaces/namespaces.ts';
import { connectToLoopback, type IpFamily, openTcpSocket } from '@berth/linux/sockets/tcp-socket.ts';
import type { PortForwardTarget } from '@berth/streaming/server/streaming-runtime.ts';
import { messageWithCauses, notFound, wrongState } from '../rpc/errors.ts';
import type { Paths } from '../state/paths.ts';
import { type Sandbox, sandboxNamespaces } from '../state/sandbox.ts';
import type { State } from '../state/state.ts';

/** What serving the client of a port-forward URL uses. */
export interface PortForwardServices {
  readonly paths: Paths;
  readonly state: State;
  readonly namespaces: NamespaceWorker;
}

/**
 * Connects to a port of a pod on its loopback address, IPv4 first and then IPv6, since a server may listen on only
 * one. `netns` is the file of the pod's network namespace, undefined for the host's. Only socket(2) is called in
 * the pod's namespace, by the thread that enters namespaces.
 */
async function connectToPod(
  namespaces: NamespaceWorker,
  { netns, port }: { netns: string | undefined; port: number },
  signal: AbortSignal,
): Promise<Socket> {
  const connect = async (family: IpFamily) => {
    const descriptor =
      netns === undefined
        ? openTcpSocket(family)
        : await namespaces.inNetworkNamespace(netns, { kind: 'open-tcp-socket', family });
    return await connectToLoopback(descriptor, family, port, signal);
  };
  const failures: string[] = [];
  for (const family of ['IPv4', 'IPv6'] as const) {
    try {
      return await connect(family);
    } catch (error) {
      signal.throwIfAborted();
      failures.push(`${family}: ${messageWithCauses(error)}`);
    }
  }
  const place = netns === undefined ? 'the host network' : `namespace ${JSON.stringify(netns)}`;
  throw new Error(`failed to connect to localhost:${port} inside ${place}, ${failures.join(', ')}`);
}

/** Finds a ready sandbox by its id or a unique prefix of it. */
export function readySandbox({ state }: { readonly state: State }, id: string): Sandbox {
  const sandbox = state.sandboxes.find(id);
  if (sandbox === undefined) throw notFound('pod', id);
  if (sandbox.state.phase !== 'ready') throw wrongState(`sandbox ${sandbox.id} is not running`);
  return sandbox;
}

/** Serves one connection of the client of a port-forward URL. */
export async function forwardPort(
  services: PortForwardServices,
  { podSandboxId, port }: PortForwardTarget,
  signal: AbortSignal,
): Promise<Socket> {
  const { id, config } = readySandbox(services, podSandboxId);
  const netns = sandboxNamespaces(config).hostNetwork ? undefined : services.paths.sandbox(id).netns;
  return await connectToPod(services.namespaces, { netns, port }, signal);
}
