/** The profile of containers that ask for the runtime's default or for none. */
export const defaultAppArmorProfile = 'berth-default';

/** What the profile includes where the host's AppArmor package has it. */
export interface ProfileParts {
  /** Files that exist, of those that the profile may refer to, relative to /etc/apparmor.d. */
  readonly present: readonly string[];
}

/** Files that the profile refers to where they are there, relative to /etc/apparmor.d. */
export const optionalParts = ['abi/3.0', 'tunables/global', 'abstractions/base'] as const;

/**
 * The text of the default profile. It allows what a container needs and what its capabilities, seccomp filter and
 * namespaces restrict anyway. It denies what they leave open: mounts, and writes to the parts of /proc and /sys
 * that belong to the whole machine. Writes to /proc/sys/kernel are allowed for the IPC namespace's `shm*`.
 */
export function defaultProfileText({ present }: ProfileParts): string {
  const ifPresent = (part: (typeof optionalParts)[number], line: string) =>
    present.includes(part) ? [line] : [];
  const proc = present.includes('tunables/global') ? '@{PROC}' : '/proc';
  return `${[
    ...ifPresent('abi/3.0', 'abi <abi/3.0>,'),
    ...ifPresent('tunables/global', '#include <tunables/global>'),
    `profile ${defaultAppArmorProfile} flags=(attach_disconnected,mediate_deleted) {`,
    ...ifPresent('abstractions/base', '  #include <abstractions/base>'),
    '  network,',
    '  capability,',
    '  file,',
    '  umount,',
    ...['unconfined', 'crun', 'runc'].map((peer) => `  signal (receive) peer=${peer},`),
    `  signal (send,receive) peer=${defaultAppArmorProfile},`,
    `  ptrace (trace,tracedby,read,readby) peer=${defaultAppArmorProfile},`,
    '  deny mount,',
    ...denied(proc).map((rule) => `  deny ${rule},`),
    '}',
  ].join('\n')}\n`;
}

function denied(proc: string): string[] {
  return [
    `${proc}/* w`,
    `${proc}/{acpi,asound,bus,driver,fs,irq,scsi,tty}/** w`,
    `${proc}/sys/[^k]** w`,
    // Everything in /proc/sys/kernel whose name does not begin with shm.
    ...['?', '??', '[^s]**', 's[^h]**', 'sh[^m]**'].map((name) => `${proc}/sys/kernel/${name} w`),
    `${proc}/{kcore,sysrq-trigger} rwklx`,
    '/sys/[^f]** wklx',
    // Below /sys/f only /sys/fs/cgroup is the container's own.
    ...['f[^s]**', 'fs/[^c]**', 'fs/c[^g]**', 'fs/cg[^r]**'].map((name) => `/sys/${name} wklx`),
    '/sys/{firmware,devices/virtual/powercap,kernel/security}/** rwklx',
  ];
}
