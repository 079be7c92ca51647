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

/** A container that can be attached to: also before its start, so that no output is lost, as in CRI-O. */
export function attachableContainer({ state }: { readonly state: State }, id: string): Container {
  const container = state.containers.find(id);
  if (container === undefined) throw notFound('container', id);
  const { phase } = container.state;
  if (phase === 'created' || phase === 'starting' || phase === 'running') return container;
  throw wrongState(`container ${container.id} is not created or running`);
}

/** Serves the client of an attach URL. */
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
