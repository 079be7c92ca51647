import type { OciRuntimes } from '../oci-runtime/detect.ts';
import { goMessage } from '../rpc/go-message.ts';
import { type Container, processesOf } from '../state/container.ts';
import type { Paths } from '../state/paths.ts';
import type { State } from '../state/state.ts';
import { readJson } from './read-json.ts';
import { runtimeInfo } from './runtime-info.ts';

/** What the verbose part of ContainerStatus uses. */
export interface ContainerInfoServices {
  readonly paths: Paths;
  readonly state: State;
  readonly runtimes: OciRuntimes;
}

/** The info of `crictl inspect`, with the members that containerd has and scripts read. */
export async function containerInfo(
  { runtimes, state, paths }: ContainerInfoServices,
  container: Container,
): Promise<object> {
  const sandbox = state.sandboxes.get(container.sandboxId);
  return {
    sandboxID: container.sandboxId,
    pid: processesOf(container)?.init.pid ?? 0,
    removing: container.state.phase === 'removing',
    // In containerd the name of the writable layer, which berthd names by the container's id.
    snapshotKey: container.id,
    snapshotter: 'overlayfs',
    ...runtimeInfo({ runtimes }, sandbox),
    config: goMessage(container.config),
    runtimeSpec: await readJson(paths.container(container.id).bundle.config),
    privileged: container.config.linux?.securityContext?.privileged ?? false,
  };
}
