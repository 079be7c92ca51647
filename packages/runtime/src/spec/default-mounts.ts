import type { Mount } from '@berth/oci/runtime-spec/config.ts';

/** The file systems that every container has, unless the request mounts something in their place. */
export function defaultMounts(options: {
  privileged: boolean;
  shm: string | undefined;
  /** Mount restrictions of `shm` when it is the host's. */
  shmRestrictions?: readonly string[] | undefined;
  /**
   * Whether the container has a user namespace but the host's network namespace, which its user namespace does not
   * own.
   */
  foreignNetwork?: boolean;
}): Mount[] {
  const access = options.privileged ? 'rw' : 'ro';
  const quiet = ['nosuid', 'noexec', 'nodev'];
  // The host's /dev/shm keeps the host's own options, which may allow executing programs.
  const shmOptions = new Set(['nosuid', 'nodev', ...(options.shmRestrictions ?? quiet)]);
  return [
    { destination: '/proc', type: 'proc', source: 'proc', options: quiet },
    {
      destination: '/dev',
      type: 'tmpfs',
      source: 'tmpfs',
      options: ['nosuid', 'strictatime', 'mode=755', 'size=65536k'],
    },
    {
      destination: '/dev/pts',
      type: 'devpts',
      source: 'devpts',
      options: ['nosuid', 'noexec', 'newinstance', 'ptmxmode=0666', 'mode=0620', 'gid=5'],
    },
    { destination: '/dev/mqueue', type: 'mqueue', source: 'mqueue', options: quiet },
    // The kernel mounts a new sysfs only for the owner of the network namespace that it shows.
    options.foreignNetwork === true
      ? { destination: '/sys', type: 'bind', source: '/sys', options: ['rbind', 'rprivate', ...quiet, 'rro'] }
      : { destination: '/sys', type: 'sysfs', source: 'sysfs', options: [...quiet, access] },
    {
      destination: '/sys/fs/cgroup',
      type: 'cgroup',
      source: 'cgroup',
      options: [...quiet, 'relatime', access],
    },
    options.shm === undefined
      ? {
          destination: '/dev/shm',
          type: 'tmpfs',
          source: 'shm',
          options: [...quiet, 'mode=1777', 'size=65536k'],
        }
      : {
          destination: '/dev/shm',
          type: 'bind',
          source: options.shm,
          // Repeat the source's options: crun clears those that it is not given.
          options: ['rbind', 'rprivate', ...shmOptions, 'rw'],
        },
  ];
}

/** The pod's own files under /etc; read-only where the root is. */
export function podFileMounts(
  files: { hostname?: string | undefined; hosts?: string | undefined; resolvConf?: string | undefined },
  readonlyRootfs: boolean,
): Mount[] {
  // Repeat the tmpfs's options: an OCI runtime that remounts clears those that it is not given.
  const options = ['bind', 'rprivate', 'nosuid', 'nodev', 'noexec', readonlyRootfs ? 'ro' : 'rw'];
  const mount = (destination: string, source: string | undefined): Mount[] =>
    source === undefined ? [] : [{ destination, type: 'bind', source, options }];
  return [
    ...mount('/etc/hostname', files.hostname),
    ...mount('/etc/hosts', files.hosts),
    ...mount('/etc/resolv.conf', files.resolvConf),
  ];
}
