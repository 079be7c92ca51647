import { readFile } from 'node:fs/promises';
import {
  type ContainerStatus,
  ContainerStatus as ContainerStatusMessage,
  type ContainerStatusRequest,
  type ContainerStatusResponse,
  ContainerState as CriState,
} from '@berth/cri/generated/api.ts';
import type { Context } from '../context.ts';
import { notFound } from '../errors.ts';
import { type Container, processesOf } from '../state/container.ts';
import { criSignal } from './stop-signal.ts';

/** CONTAINER_* of a container; undefined while it is being made, when it is not shown to anyone. */
export function criState(container: Container): CriState | undefined {
  switch (container.state.phase) {
    case 'creating':
      return undefined;
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

/** A container as ContainerStatus and the events tell it; undefined while it is being made. */
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

/** ContainerStatus: answered from memory; `verbose` adds what `crictl inspect` shows under info. */
export async function getContainerStatus(
  { state, paths }: Context,
  { containerId, verbose }: ContainerStatusRequest,
): Promise<ContainerStatusResponse> {
  const container = state.containers.find(containerId);
  const status = container && containerStatus(container);
  if (container === undefined || status === undefined) throw notFound('container', containerId);
  if (!verbose) return { status, info: {} };
  const info = {
    sandboxID: container.sandboxId,
    pid: processesOf(container)?.init.pid ?? 0,
    runtimeSpec: await readJson(paths.container(container.id).bundle.config),
    privileged: container.config.linux?.securityContext?.privileged ?? false,
  };
  return { status, info: { info: JSON.stringify(info) } };
}

/** The content of a JSON file of ours; undefined when it is gone. */
export async function readJson(path: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(path, 'utf8'));
  } catch {
    return undefined;
  }
}
