/** Files of /proc that lxcfs and similar tools replace in containers; runc allows the same. */
const replaceable: ReadonlySet<string> = new Set([
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
 * Why a mount at a path in /proc is refused; undefined when it is allowed. The OCI runtime confines the container
 * by writing to files of /proc, so a file that is something else leaves the container unconfined (CVE-2019-16884,
 * CVE-2019-19921). runc refuses the same; crun refuses nothing.
 * @param destination absolute, without `.`, `..` and repeated slashes
 * @param fstype file system type of the mount
 */
export function procMountProblem(destination: string, fstype: string): string | undefined {
  if (destination === '/proc') {
    return fstype === 'proc' ? undefined : 'only a proc file system can be mounted at /proc';
  }
  if (!isWithin(destination, '/proc') || replaceable.has(destination)) return undefined;
  return `${JSON.stringify(destination)} is inside /proc, where nothing can be mounted`;
}

/** Whether a path is a directory or something below it. */
export function isWithin(path: string, directory: string): boolean {
  return path === directory || path.startsWith(`${directory}/`);
}
