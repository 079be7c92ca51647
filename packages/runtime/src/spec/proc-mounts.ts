/** Files of /proc that lxcfs and its like show containers in a way of their own; runc lets the same be mounted over. */
const REPLACEABLE: ReadonlySet<string> = new Set([
  '/proc/cpuinfo',
  '/proc/diskstats',
  '/proc/loadavg',
  '/proc/meminfo',
  '/proc/net/dev',
  '/proc/slabinfo',
  '/proc/stat',
  '/proc/swaps',
  '/proc/sys/crypto/fips_enabled',
  '/proc/sys/kernel/ns_last_pid',
  '/proc/uptime',
]);

/**
 * Why nothing may be mounted at a place of /proc, or undefined where it may. The OCI runtime confines the container by
 * writing to files of /proc, so that a place of it that is something else leaves the container unconfined
 * (CVE-2019-16884, CVE-2019-19921). runc refuses the same; crun refuses nothing.
 *
 * @param destination absolute, without `.`, `..` and repeated slashes
 * @param fstype of what is to be mounted
 */
export function procMountProblem(destination: string, fstype: string): string | undefined {
  if (destination === '/proc') {
    return fstype === 'proc' ? undefined : 'only a proc file system can be mounted at /proc';
  }
  if (!isWithin(destination, '/proc') || REPLACEABLE.has(destination)) return undefined;
  return `${JSON.stringify(destination)} is inside /proc, where nothing can be mounted`;
}

/** Whether a path is a directory or something below it. */
export function isWithin(path: string, directory: string): boolean {
  return path === directory || path.startsWith(`${directory}/`);
}
