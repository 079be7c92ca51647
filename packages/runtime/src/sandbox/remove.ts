import {
  ContainerEventType,
  type RemovePodSandboxRequest,
  type RemovePodSandboxResponse,
} from '@berth/cri/generated/api.ts';
import { stopAndDestroy } from '../container/remove.ts';
import type { Context } from '../context.ts';
import { publishSandboxEvent } from './pod-events.ts';
import { giveUpMakings, stopSandbox } from './stop.ts';
import { destroySandbox } from './teardown.ts';

/** RemovePodSandbox: stops it when it is ready, removes its containers; idempotent, fine for one that is gone. */
export async function removePodSandbox(
  context: Context,
  { podSandboxId }: RemovePodSandboxRequest,
): Promise<RemovePodSandboxResponse> {
  const { state, log, queue } = context;
  const found = state.sandboxes.find(podSandboxId);
  if (found === undefined) return {};
  const { id } = found;
  log.info('Removing pod sandbox', { sandbox: id });
  giveUpMakings(context, id);
  await queue.run(id, async () => {
    await stopSandbox(context, id);
    await Promise.all(state.containers.ofSandbox(id).map((container) => stopAndDestroy(context, container)));
    const sandbox = state.sandboxes.get(id);
    if (sandbox === undefined) return;
    publishSandboxEvent(context, id, ContainerEventType.CONTAINER_DELETED_EVENT);
    state.sandboxes.setState(id, { phase: 'removing' });
    await destroySandbox(context, sandbox);
  });
  log.info('Removed pod sandbox', { sandbox: id });
  return {};
}
