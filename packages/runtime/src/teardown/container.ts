// Removes containers and releases their resources, for removal, rollback, exits and recovery.

import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';
import { hasCode } from '@berth/common/error-code.ts';
import { readRegularFileSync } from '@berth/common/files/regular-file.ts';
import type { Cgroups } from '@berth/linux/cgroups/cgroups.ts';
import type { CgroupDriver } from '@berth/linux/cgroups/driver.ts';
import { removeTree } from '@berth/linux/files/remove-tree.ts';
import { unmountAll } from '@berth/linux/mounts/mount.ts';
import { processStat, signalProcess, waitForExit } from '@berth/linux/processes/process.ts';
import type { OciRuntimes } from '../oci-runtime/detect.ts';
import type { OciRuntime } from '../oci-runtime/runtime.ts';
import type { Container } from '../state/container.ts';
import type { BundlePaths, Paths } from '../state/paths.ts';
import type { ProcessRef } from '../state/process-ref.ts';
import type { Sandbox } from '../state/sandbox.ts';
import type { State } from '../state/state.ts';
import { killContainer } from './kill.ts';

/** What removing a container uses. */
export interface TeardownServices {
  readonly paths: Paths;
  readonly state: State;
  readonly runtimes: OciRuntimes;
  readonly cgroups: Cgroups;
  readonly cgroupDriver: CgroupDriver;
}

/** The OCI runtime of a sandbox's containers; undefined when it is no longer configured or usable. */
export function runtimeOf(
  { runtimes }: { readonly runtimes: OciRuntimes },
  sandbox: Sandbox | undefined,
): OciRuntime | undefined {
  const handler = runtimes.all.find(({ name }) => name === sandbox?.runtime);
  return handler?.usable ? handler.runtime : undefined;
}

/** Kills remaining processes, and removes the cgroup and the OCI runtime's state of a container. */
export async function releaseProcesses(services: TeardownServices, container: Container): Promise<void> {
  await services.cgroupDriver.remove(container.cgroup, { kill: true });
  runtimeOf(services, services.state.sandboxes.get(container.sandboxId))?.forget(container.id);
}

/**
 * Removes everything of a container, its row last. All paths are derived from the container's id, so a partly created
 * container is removed as well. Idempotent.
 */
export async function destroyContainer(services: TeardownServices, container: Container): Promise<void> {
  const { paths, state } = services;
  const { bundle, layer } = paths.container(container.id);
  await killContainer(services, container);
  await releaseProcesses(services, container);
  await endConmon(container.id, bundle);
  await removeBundle(bundle);
  await removeTree(layer);
  rmSync(join(paths.exits, container.id), { force: true });
  state.containers.delete(container.id);
}

/** Timeout for conmon to record the exit of a container whose processes have ended. */
const conmonTimeoutMs = 2_000;

/**
 * Waits for the end of conmon after its container's processes have ended: until then it writes files. Kills it after
 * a timeout.
 */
export async function endConmon(id: string, bundle: BundlePaths): Promise<void> {
  const conmon = findConmon(id, bundle);
  if (conmon === undefined) return;
  try {
    await waitForExit(conmon, AbortSignal.timeout(conmonTimeoutMs));
  } catch {
    signalProcess(conmon, constants.signals.SIGKILL);
    await waitForExit(conmon);
  }
}

/** The process in a bundle's pid file, if it still is this container's conmon. */
function findConmon(id: string, bundle: BundlePaths): ProcessRef | undefined {
  try {
    const pid = Number(readRegularFileSync(bundle.conmonPid, { maxBytes: 64 }).toString());
    const startTime = processStat(pid)?.startTime;
    const argv = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
    return startTime !== undefined && argv.includes(id) ? { pid, startTime } : undefined;
  } catch {
    // No pid file, or no such process.
    return undefined;
  }
}

/** Unmounts all mounts of a bundle and removes it. */
export async function removeBundle(bundle: BundlePaths): Promise<void> {
  // unmountAll: mounts may be stacked, and the removal must never delete files through a mount.
  const { shifted } = bundle;
  for (const path of [bundle.rootfs, shifted.rootfs, bundle.lower, ...volumesOf(bundle)]) {
    unmountAll(path);
  }
  await removeTree(shifted.dir);
  // Remove the bundle's directory last: recovery finds the rest by its name.
  await removeTree(bundle.dir);
}

function volumesOf({ volumes }: BundlePaths): string[] {
  try {
    return readdirSync(volumes).map((name) => join(volumes, name));
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return [];
    throw error;
  }
}
