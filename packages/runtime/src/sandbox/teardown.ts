import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { podCgroup } from '../cgroup-path.ts';
import { conmonCgroup } from '../conmon/cgroup.ts';
import { destroyContainer } from '../container/teardown.ts';
import type { Context } from '../context.ts';
import type { Sandbox } from '../state/sandbox.ts';
import { unmountShm } from './files.ts';
import { removeInit } from './init.ts';
import { detachNetwork } from './network.ts';

/** Takes down what a sandbox keeps running: init, network, namespaces, /dev/shm. Fine to repeat. */
export async function releaseSandbox(context: Context, sandbox: Sandbox): Promise<void> {
  await removeInit(context, sandbox);
  await detachNetwork(context, sandbox);
  unmountShm(context.paths.sandbox(sandbox.id));
}

/**
 * Removes everything of a sandbox, its containers included, its row last. Everything is found by the
 * sandbox's id, so it does not matter how far its making came.
 */
export async function destroySandbox(context: Context, sandbox: Sandbox): Promise<void> {
  const { state, paths } = context;
  for (const container of state.containers.ofSandbox(sandbox.id)) await destroyContainer(context, container);
  await releaseSandbox(context, sandbox);
  rmSync(paths.sandbox(sandbox.id).dir, { recursive: true, force: true });
  rmSync(join(paths.exits, sandbox.id), { force: true });
  await removePodCgroup(context, sandbox);
  state.sandboxes.delete(sandbox.id);
}

/** Removes the cgroups that were made for the pod, unless another sandbox is in them. */
async function removePodCgroup({ cgroups, config, state }: Context, sandbox: Sandbox): Promise<void> {
  const systemd = config.cgroupDriver === 'systemd';
  const cgroup = podCgroup(sandbox.cgroupParent, systemd);
  for (const other of state.sandboxes.all()) {
    if (other.id !== sandbox.id && podCgroup(other.cgroupParent, systemd) === cgroup) return;
  }
  const conmon = conmonCgroup({ version: cgroups.version, systemdCgroup: systemd, parent: cgroup });
  if (conmon?.leaf !== undefined) await cgroups.remove(conmon.leaf);
  if (sandbox.ownsCgroupParent) await cgroups.remove(cgroup);
}
