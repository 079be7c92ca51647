// Finds the network interfaces of a pod through one of its processes.
import type { Cgroups } from '@berth/linux/cgroups/cgroups.ts';
import { type InterfaceCounters, netDevOf } from '@berth/linux/netlink/net-dev.ts';

/** Maximum number of interfaces of a pod that are told: one with CAP_NET_ADMIN can make any number. */
const maxInterfaces = 100;

/**
 * The interfaces that the processes in the first of some cgroups have; undefined without processes. A process with the
 * lowest pid is the first of its container: later ones may have networks of their own.
 */
export function podInterfaces(
  cgroups: Pick<Cgroups, 'members'>,
  paths: readonly (string | undefined)[],
): InterfaceCounters[] | undefined {
  for (const path of paths) {
    const pids = path === undefined ? [] : cgroups.members(path).filter((pid) => pid > 0);
    const found = pids.length === 0 ? undefined : netDevOf(pids.reduce((a, b) => Math.min(a, b)));
    if (found !== undefined) return found.slice(0, maxInterfaces);
  }
  return undefined;
}
