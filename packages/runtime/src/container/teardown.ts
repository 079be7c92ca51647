import { rmSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { constants } from 'node:os';
import { join } from 'node:path';
import { isMountPoint, unmount } from '@berth/linux/mount.ts';
import { signalProcess } from '@berth/linux/process.ts';
import type { Context } from '../context.ts';
import type { OciRuntime } from '../oci-runtime/runtime.ts';
import type { BundlePaths } from '../paths.ts';
import { type Container, processesOf } from '../state/container.ts';
import type { Sandbox } from '../state/sandbox.ts';

/** Kills every process of a container, also those that are in another PID namespace than its first one. */
export async function killContainer({ cgroups }: Context, container: Container): Promise<void> {
  const processes = processesOf(container);
  if (processes !== undefined) signalProcess(processes.init, constants.signals.SIGKILL);
  await cgroups.killAll(container.cgroup);
}

/** The OCI runtime that a sandbox's containers are made with; undefined when it is not configured any more. */
export function runtimeOf({ runtimes }: Context, sandbox: Sandbox | undefined): OciRuntime | undefined {
  const handler = runtimes.all.find(({ name }) => name === sandbox?.runtime);
  return handler?.usable ? handler.runtime : undefined;
}

/** Lets go of what a container needs to run: stray processes, its cgroup, and the OCI runtime's notes. */
export async function releaseProcesses(context: Context, container: Container): Promise<void> {
  await context.cgroups.killAll(container.cgroup);
  await context.cgroups.remove(container.cgroup);
  runtimeOf(context, context.state.sandboxes.get(container.sandboxId))?.forget(container.id);
}

/**
 * Removes everything of a container, its row last. Everything is found by the container's id, so it does
 * not matter how far its making came; steps that have been done before are no error.
 */
export async function destroyContainer(context: Context, container: Container): Promise<void> {
  const { paths, state } = context;
  const { bundle, layer } = paths.container(container.id);
  await killContainer(context, container);
  await releaseProcesses(context, container);
  removeBundle(bundle);
  await rm(layer, { recursive: true, force: true });
  rmSync(join(paths.exits, container.id), { force: true });
  state.containers.delete(container.id);
}

/** Unmounts what is mounted on a bundle's root and removes the bundle. */
export function removeBundle(bundle: BundlePaths): void {
  // More than once only when a mount was repeated; removing must never reach through a mount.
  while (isMountPoint(bundle.rootfs)) unmount(bundle.rootfs, { detach: true });
  rmSync(bundle.dir, { recursive: true, force: true });
}
