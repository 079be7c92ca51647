import { constants } from 'node:os';
import type { Cgroups } from '@berth/linux/cgroups/cgroups.ts';
import { signalProcess } from '@berth/linux/processes/process.ts';
import { type Container, processesOf } from '../state/container.ts';

/** Kills every process of a container, including those in other PID namespaces than its init's. */
export async function killContainer(
  { cgroups }: { readonly cgroups: Cgroups },
  container: Container,
): Promise<void> {
  const processes = processesOf(container);
  if (processes !== undefined) signalProcess(processes.init, constants.signals.SIGKILL);
  await cgroups.killAll(container.cgroup);
}
