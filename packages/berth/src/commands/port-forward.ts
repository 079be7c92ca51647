// `berth port-forward`: local ports that lead to a pod, until Ctrl-C.
import { forwardPod } from '@berth/crictl/streams/forward-pod.ts';
import { parsePortPair } from '@berth/crictl/streams/ports.ts';
import { UserError } from '../errors/user-error.ts';
import { withRuntime } from '../node/cri-app.ts';
import type { NodeLayout } from '../node/layout.ts';

/**
 * Listens on ports of 127.0.0.1 and ::1, and forwards connections to ports of the pod.
 * @param ports `8080:80`, `80` for the same one, `:80` for a free local one
 * @throws UserError when a port is not one, no port can be bound, or the connection to the pod is lost
 */
export async function portForward(
  layout: Pick<NodeLayout, 'socket'>,
  pod: string,
  ports: readonly string[],
): Promise<void> {
  const pairs = ports.map(pairOf);
  await withRuntime(layout, (app) =>
    forwardPod(app, { pod, pairs: () => pairs, transport: 'websocket', tls: 'insecure' }),
  );
}

function pairOf(text: string) {
  try {
    return parsePortPair(text);
  } catch {
    throw new UserError(`${text} names no ports: want [LOCAL:]REMOTE, each from 1 to 65535`);
  }
}
