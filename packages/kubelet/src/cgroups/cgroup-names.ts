// Names of the kubelet's cgroups: /kubepods/QOS/podUID by the cgroupfs driver, nested slices by systemd's.
import type { CgroupDriverName } from '@berth/linux/cgroups/driver.ts';
import type { QosClass } from './qos-class.ts';

/** Below which part of kubepods pods of a class live; guaranteed ones live in kubepods itself. */
const qosPart: Record<QosClass, string[]> = {
  Guaranteed: [],
  Burstable: ['burstable'],
  BestEffort: ['besteffort'],
};

/** Path of the cgroup of all pods of a class. */
export function qosCgroup(root: string, driver: CgroupDriverName, qos: QosClass): string {
  return cgroupPath(driver, [...split(root), 'kubepods', ...qosPart[qos]]);
}

/** Path of one pod's cgroup. */
export function podCgroup(root: string, driver: CgroupDriverName, qos: QosClass, uid: string): string {
  return cgroupPath(driver, [...split(root), 'kubepods', ...qosPart[qos], `pod${uid}`]);
}

/** The UID in the last part of a pod's cgroup path; undefined for any other cgroup. */
export function uidOfCgroup(driver: CgroupDriverName, directory: string): string | undefined {
  if (driver === 'cgroupfs') return /^pod(.+)$/.exec(directory)?.[1];
  // systemd takes `-` for a level, so UIDs are written with `_` there.
  return /-pod([^-]+)\.slice$/.exec(directory)?.[1]?.replaceAll('_', '-');
}

function split(root: string): string[] {
  return root.split('/').filter((part) => part !== '');
}

function cgroupPath(driver: CgroupDriverName, parts: string[]): string {
  if (driver === 'cgroupfs') return `/${parts.join('/')}`;
  const escaped = parts.map((part) => part.replaceAll('-', '_'));
  return `/${escaped.map((_, index) => `${escaped.slice(0, index + 1).join('-')}.slice`).join('/')}`;
}
