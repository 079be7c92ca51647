import type { ContainerStatusRequest, ContainerStatusResponse } from '@berth/cri/generated/api.ts';
import { readRegularFile } from '@berth/linux/regular-file.ts';
import type { Context } from '../context.ts';
import { notFound } from '../errors.ts';
import { containerStatus } from '../pod-status/container.ts';
import { processesOf } from '../state/container.ts';

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

/** More than a config.json of ours has: a request, which has at most 16 MiB, and a seccomp profile. */
const maxJsonBytes = 64 * 1024 * 1024;

/** The content of a JSON file of ours; undefined when it is gone. */
export async function readJson(path: string): Promise<unknown> {
  try {
    return JSON.parse((await readRegularFile(path, { maxBytes: maxJsonBytes })).toString());
  } catch {
    return undefined;
  }
}
