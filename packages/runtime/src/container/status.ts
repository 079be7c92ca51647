import {
  type ContainerStatus,
  ContainerStatus as ContainerStatusMessage,
  type ContainerStatusRequest,
  type ContainerStatusResponse,
  ContainerState as CriState,
} from '@berth/cri/generated/api.ts';
import { notFound } from '../rpc/errors.ts';
import type { Container } from '../state/container.ts';
import type { State } from '../state/state.ts';
import { criSignal } from './stop-signal.ts';
import { type ContainerInfoServices, containerInfo } from './verbose-info.ts';

/** What ContainerStatus uses. */
export interface ContainerStatusServices extends ContainerInfoServices {
  readonly state: State;
}

/** ContainerStatus: answered from memory; `verbose` adds what `crictl inspect` shows under info. */
export async function getContainerStatus(
  services: ContainerStatusServices,
  { containerId, verbose }: ContainerStatusRequest,
): Promise<ContainerStatusResponse> {
  const container = services.state.containers.find(containerId);
  const status = container && containerStatus(container);
  if (container === undefined || status === undefined) throw notFound('container', containerId);
  if (!verbose) return { status, info: {} };
  return { status, info: { info: JSON.stringify(await containerInfo(services, container)) } };
}

/** A container as ContainerStatus and events show it; undefined while it is being created. */
export function containerStatus(container: Container): ContainerStatus | undefined {
  const state = criState(container);
  if (state === undefined) return undefined;
  const exit = 'exit' in container.state ? container.state.exit : undefined;
  const { config } = container;
  return ContainerStatusMessage.fromPartial({
    id: container.id,
    metadata: config.metadata,
    state,
    createdAt: container.createdAt,
    startedAt: container.state.phase === 'running' ? container.state.startedAt : exit?.startedAt,
    finishedAt: exit?.finishedAt,
    exitCode: exit?.exitCode,
    reason: exit?.reason,
    message: exit?.message,
    image: { ...config.image, image: container.imageName },
    imageRef: container.imageRef,
    imageId: container.imageId,
    labels: config.labels,
    annotations: config.annotations,
    mounts: config.mounts,
    logPath: container.logPath,
    resources: config.linux?.resources === undefined ? undefined : { linux: config.linux.resources },
    user: container.user === undefined ? undefined : { linux: container.user },
    stopSignal: criSignal(container.stopSignal),
  });
}

/** CONTAINER_* of a container; undefined while it is being created, when no RPC shows it. */
export function criState(container: Container): CriState | undefined {
  switch (container.state.phase) {
    case 'creating':
      return undefined;
    case 'restorable':
    case 'restoring':
    case 'created':
    case 'starting':
      return CriState.CONTAINER_CREATED;
    case 'running':
      return CriState.CONTAINER_RUNNING;
    case 'exited':
    case 'removing':
      return CriState.CONTAINER_EXITED;
  }
}
