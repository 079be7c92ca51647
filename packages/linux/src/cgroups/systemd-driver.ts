// The cgroup driver `systemd`: systemd owns slices and scopes, and this driver also writes what systemd cannot set.
import { basename, dirname } from 'node:path';
import { OomLog } from '../systemd/oom-log.ts';
import { isSystemdRunning } from '../systemd/running.ts';
import { Systemd } from '../systemd/systemd.ts';
import type { Cgroups } from './cgroups.ts';
import type { CgroupDriver } from './driver.ts';
import type { CgroupResources } from './resources.ts';
import { unitProperties } from './unit-properties.ts';

/** The root slice. */
const rootSlice = '-.slice';

/** Why systemd cannot manage this machine's cgroups; undefined when it can. */
export function systemdDriverProblem(cgroups: Cgroups): string | undefined {
  if (!isSystemdRunning()) return "this machine's init is not systemd";
  if (cgroups.version !== 'v2') return `this machine has cgroup ${cgroups.version}; it works with v2 alone`;
  return undefined;
}

/**
 * The driver `systemd`: creates cgroups as slices, and removes slices and scopes through systemd. A path is a cgroup
 * path, e.g. `/kubepods.slice/kubepods-burstable.slice`, whose last component is the unit's name. A cgroup without a
 * unit, such as one below a delegated scope, is handled by its files.
 */
export function systemdDriver(cgroups: Cgroups, systemd = new Systemd()): CgroupDriver & Disposable {
  const oomLog = new OomLog();
  const apply = async (path: string, resources: CgroupResources): Promise<void> => {
    const properties = unitProperties(resources);
    if (isUnit(path) && Object.keys(properties).length > 0) {
      await systemd.setUnitProperties(basename(path), properties);
    }
    // Also write the files: exact values, and limits that have no property.
    cgroups.apply(path, resources);
  };
  const driver: CgroupDriver & Disposable = {
    create: async (path, resources = {}) => {
      if (!path.endsWith('.slice')) throw new Error(`${path}: only slices can be made through systemd`);
      const parent = dirname(path);
      if (parent !== '/' && !cgroups.exists(parent)) await driver.create(parent);
      const isNew = await systemd.startTransientUnit(basename(path), {
        Description: { signature: 's', value: `Pods' cgroup ${basename(path)}` },
        Wants: { signature: 'as', value: [parentSlice(path)] },
        DefaultDependencies: { signature: 'b', value: false },
        CPUAccounting: { signature: 'b', value: true },
        MemoryAccounting: { signature: 'b', value: true },
        IOAccounting: { signature: 'b', value: true },
        TasksAccounting: { signature: 'b', value: true },
        ...unitProperties(resources),
      });
      // Enables controllers that systemd delegates only when a property needs them, and hugetlb, which it does not manage.
      cgroups.create(path);
      if (isNew) cgroups.apply(path, resources);
      else await apply(path, resources);
    },
    apply,
    remove: async (path, options = {}) => {
      // Kill first: systemd would send SIGTERM and wait 90 s.
      if (options.kill === true) cgroups.killAll(path);
      const empty = () => cgroups.processes(path).length === 0;
      // Do not stop a slice that other units are in.
      if (isUnit(path) && (options.kill === true || empty())) await systemd.stopUnit(basename(path));
      await cgroups.remove(path, options);
    },
    // systemd may remove the scope at any moment, also between two reads of its files.
    wasOomKilled: (path) => (cgroups.oomKillCount(path) ?? 0) > 0 || oomLog.has(path),
    [Symbol.dispose]: () => {
      oomLog.close();
      systemd.close();
    },
  };
  return driver;
}

function isUnit(path: string): boolean {
  return /\.(slice|scope)$/.test(path);
}

function parentSlice(path: string): string {
  const parent = basename(dirname(path));
  return parent === '' ? rootSlice : parent;
}
