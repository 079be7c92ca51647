import { basename, dirname } from 'node:path';
import { OomLog } from '../systemd/oom-log.ts';
import { isSystemdRunning } from '../systemd/running.ts';
import { Systemd } from '../systemd/systemd.ts';
import type { Cgroups } from './cgroups.ts';
import type { CgroupDriver } from './driver.ts';
import type { CgroupResources } from './resources.ts';
import { unitProperties } from './unit-properties.ts';

/** The slice that all others are in. */
const rootSlice = '-.slice';

/** Why systemd cannot manage this machine's cgroups; undefined when it can. */
export function systemdDriverProblem(cgroups: Cgroups): string | undefined {
  if (!isSystemdRunning()) return "this machine's init is not systemd";
  if (cgroups.version !== 'v2') return `this machine has cgroup ${cgroups.version}; it works with v2 alone`;
  return undefined;
}

/**
 * Makes cgroups as systemd's slices, and removes slices and scopes through systemd. Paths are those of cgroups,
 * e.g. `/kubepods.slice/kubepods-burstable.slice`; the last part is the unit's name. One that systemd has no unit
 * for, or that is below a unit (as a delegated scope has), is handled by its files.
 */
export function systemdDriver(cgroups: Cgroups, systemd = new Systemd()): CgroupDriver & Disposable {
  const oomLog = new OomLog();
  const apply = async (path: string, resources: CgroupResources): Promise<void> => {
    const properties = unitProperties(resources);
    if (isUnit(path) && Object.keys(properties).length > 0) {
      await systemd.setUnitProperties(basename(path), properties);
    }
    // Exact to the unit, and with what has no property.
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
      // Controllers that systemd hands on only when a property asks for them, and hugetlb, which it does not know.
      cgroups.create(path);
      if (isNew) cgroups.apply(path, resources);
      else await apply(path, resources);
    },
    apply,
    remove: async (path, options = {}) => {
      // systemd itself would ask processes to end, and wait for a minute and a half.
      if (options.kill === true) cgroups.killAll(path);
      const empty = () => cgroups.processes(path).length === 0;
      // A slice that something else lives in is not ours to stop.
      if (isUnit(path) && (options.kill === true || empty())) await systemd.stopUnit(basename(path));
      await cgroups.remove(path, options);
    },
    // The scope may go at any moment, also between two reads of its files.
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
