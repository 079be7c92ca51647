// Makes the cgroup driver that the kubelet's and berthd's settings name. Imports the systemd driver only on demand.
import type { Cgroups } from './cgroups.ts';
import { type CgroupDriver, type CgroupDriverName, cgroupfsDriver } from './driver.ts';

/**
 * Makes the driver called `name`. Disposal closes its connection to systemd.
 *
 * @throws Error when systemd does not manage this machine's cgroups
 */
export async function startCgroupDriver(
  name: CgroupDriverName,
  cgroups: Cgroups,
): Promise<CgroupDriver & Disposable> {
  if (name === 'cgroupfs') return { ...cgroupfsDriver(cgroups), [Symbol.dispose]: () => {} };
  const { systemdDriver, systemdDriverProblem } = await import('./systemd-driver.ts');
  const problem = systemdDriverProblem(cgroups);
  if (problem !== undefined)
    throw new Error(`cgroupDriver: systemd cannot be used: ${problem}; use cgroupfs`);
  return systemdDriver(cgroups);
}
