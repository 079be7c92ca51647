import type { ContainerStatusRequest, ContainerStatusResponse } from '@berth/cri/generated/api.ts';
import type { Context } from '../context.ts';
import { notFound } from '../rpc/errors.ts';
import { goMessage } from '../rpc/go-message.ts';
import { processesOf } from '../state/container.ts';
import { readJson } from './read-json.ts';
import { runtimeInfo } from './runtime-info.ts';
import { containerStatus } from './status-message.ts';

/** ContainerStatus: answered from memory; `verbose` adds what `crictl inspect` shows under info. */
export async function getContainerStatus(
  context: Context,
  { containerId, verbose }: ContainerStatusRequest,
): Promise<ContainerStatusResponse> {
  const { state, paths } = context;
  const container = state.containers.find(containerId);
  const status = container && containerStatus(container);
  if (container === undefined || status === undefined) throw notFound('container', containerId);
  if (!verbose) return { status, info: {} };
  const sandbox = state.sandboxes.get(container.sandboxId);
  const info = {
    sandboxID: container.sandboxId,
    pid: processesOf(container)?.init.pid ?? 0,
    removing: container.state.phase === 'removing',
    // The peers' name for the writable layer, which goes by the container's id here as well.
    snapshotKey: container.id,
    snapshotter: 'overlayfs',
    ...runtimeInfo(context, sandbox),
    config: goMessage(container.config),
    runtimeSpec: await readJson(paths.container(container.id).bundle.config),
    privileged: container.config.linux?.securityContext?.privileged ?? false,
  };
  return { status, info: { info: JSON.stringify(info) } };
}
