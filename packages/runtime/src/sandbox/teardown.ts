// Releases and removes everything of a sandbox, for stop, remove, rollback and recovery.

import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type { CgroupDriver } from '@berth/linux/cgroups/driver.ts';
import { removeTree } from '@berth/linux/files/remove-tree.ts';
import type { CgroupNaming } from '../cgroups/naming.ts';
import { type PodCgroups, removableCgroups } from '../cgroups/owned-cgroups.ts';
import type { Logger } from '../logging/log.ts';
import type { PodNetwork } from '../network/pod-network.ts';
import { messageWithCauses } from '../rpc/errors.ts';
import type { SandboxId } from '../state/ids.ts';
import type { Paths } from '../state/paths.ts';
import type { Sandbox } from '../state/sandbox.ts';
import type { State } from '../state/state.ts';
import { destroyContainer, type TeardownServices } from '../teardown/container.ts';
import { unmountSandboxFiles } from './files.ts';
import { removeInit, type SandboxInitServices } from './init.ts';
import { detachNetwork } from './network.ts';

/** What removing a sandbox uses. */
export interface SandboxTeardownServices extends SandboxInitServices, TeardownServices {
  readonly log: Logger;
  readonly paths: Paths;
  readonly state: State;
  readonly cgroupDriver: CgroupDriver;
  readonly cgroupNaming: CgroupNaming;
  readonly network: PodNetwork;
}

/** Releases a sandbox's init, network, namespaces and mounts. Idempotent. */
export async function releaseSandbox(services: SandboxTeardownServices, sandbox: Sandbox): Promise<void> {
  await removeInit(services, sandbox);
  await detachNetwork(services, sandbox);
  unmountSandboxFiles(services.paths.sandbox(sandbox.id));
}

/**
 * Removes everything of a sandbox, including its containers; its row last. All paths are derived from the sandbox's
 * id, so a partly created sandbox is removed as well.
 */
export async function destroySandbox(services: SandboxTeardownServices, sandbox: Sandbox): Promise<void> {
  const { state, paths } = services;
  for (const container of state.containers.ofSandbox(sandbox.id)) await destroyContainer(services, container);
  await releaseSandbox(services, sandbox);
  await removeTree(paths.sandbox(sandbox.id).dir);
  rmSync(join(paths.exits, sandbox.id), { force: true });
  await removePodCgroups(services, sandbox);
  state.sandboxes.delete(sandbox.id);
}

/** The cgroups of all sandboxes except one. */
export function cgroupsOf(state: State, naming: CgroupNaming, except?: SandboxId): PodCgroups[] {
  return [...state.sandboxes.all()]
    .filter(({ id }) => id !== except)
    .map(({ cgroupParent, ownedCgroup }) => ({ pod: naming.podCgroup(cgroupParent), owned: ownedCgroup }));
}

/** Removes the cgroups that were created for the pod, unless another sandbox uses them. */
async function removePodCgroups(
  { cgroupDriver, cgroupNaming, state, log }: SandboxTeardownServices,
  sandbox: Sandbox,
): Promise<void> {
  const others = cgroupsOf(state, cgroupNaming, sandbox.id);
  const pod = cgroupNaming.podCgroup(sandbox.cgroupParent);
  for (const path of removableCgroups({ pod, owned: sandbox.ownedCgroup }, others)) {
    try {
      await cgroupDriver.remove(path);
    } catch (error) {
      log.warning(`The pod's cgroup is used by something else: ${messageWithCauses(error)}`, {
        sandbox: sandbox.id,
      });
    }
  }
}
