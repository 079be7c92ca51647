// Which cgroup driver the nodes of tests use: BERTH_TEST_CGROUP_DRIVER, cgroupfs unless set.
import { basename } from 'node:path';
import { detectCgroups } from '@berth/linux/cgroups/detect.ts';
import type { CgroupDriverName } from '@berth/linux/cgroups/driver.ts';
import { startCgroupDriver } from '@berth/linux/cgroups/start-driver.ts';

export const testCgroupDriver: CgroupDriverName =
  process.env['BERTH_TEST_CGROUP_DRIVER'] === 'systemd' ? 'systemd' : 'cgroupfs';

/** A cgroup for a test's pods, directly below the root: with the systemd driver a slice. */
export function testCgroup(name: string, driver: CgroupDriverName = testCgroupDriver): string {
  // systemd takes `-` for a level.
  return driver === 'systemd' ? `/${name.replaceAll('-', '_')}.slice` : `/${name}`;
}

/** Removes a cgroup of `testCgroup` and what is in it. */
export async function removeTestCgroup(path: string): Promise<void> {
  const isSlice = basename(path).endsWith('.slice');
  using driver = await startCgroupDriver(isSlice ? 'systemd' : 'cgroupfs', detectCgroups());
  await driver.remove(path, { kill: isSlice });
}
