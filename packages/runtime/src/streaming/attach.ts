// Attach, second half: serves a client that opens the URL that streaming/service.ts returned.

import type { AttachTarget, RemoteStreams } from '@berth/streaming/server/streaming-runtime.ts';
import { audited } from '../container/audit.ts';
import type { Logger } from '../logging/log.ts';
import { notFound, wrongState } from '../rpc/errors.ts';
import type { Container } from '../state/container.ts';
import type { Paths } from '../state/paths.ts';
import type { State } from '../state/state.ts';
import type { Attachments } from './attachments.ts';

/** What serving the client of an attach URL uses. */
export interface AttachServices {
  readonly log: Logger;
  readonly paths: Paths;
  readonly state: State;
}

/**
 * Finds a container to attach to, which need not be started: a client may attach early and lose no output, as in
 * CRI-O.
 */
export function attachableContainer({ state }: { readonly state: State }, id: string): Container {
  const container = state.containers.find(id);
  if (container === undefined) throw notFound('container', id);
  const { phase } = container.state;
  if (phase === 'created' || phase === 'starting' || phase === 'running') return container;
  throw wrongState(`container ${container.id} is not created or running`);
}

/** Connects the client of an attach URL to the container's streams. */
export async function attach(
  services: AttachServices,
  attachments: Attachments,
  { containerId, tty }: AttachTarget,
  streams: RemoteStreams,
): Promise<void> {
  const container = attachableContainer(services, containerId);
  const { stdin, stdinOnce } = container.config;
  await audited(services, 'Attach', container, { tty, remote: streams.remote }, async () => {
    const bundle = services.paths.container(container.id).bundle.dir;
    await attachments.attach({ bundle, stdin, stdinOnce, tty, streams });
    return {};
  });
}
