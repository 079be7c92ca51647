/** The profile that containers get which ask for the runtime's default, and those that ask for none. */
export const defaultAppArmorProfile = 'berth-default';

/** What the host offers to be included in a profile: other files of AppArmor's own distribution. */
export interface ProfileParts {
  /** Files that exist, of those that the profile may refer to, relative to /etc/apparmor.d. */
  readonly present: readonly string[];
}

/** Files that the profile refers to where they are there, relative to /etc/apparmor.d. */
export const optionalParts = ['abi/3.0', 'tunables/global', 'abstractions/base'] as const;

/**
 * The text of the default profile. It allows what a container needs and its capabilities, seccomp filter and
 * namespaces decide about anyway, and denies what leads past them: mounting, and writing where /proc and
 * /sys are the whole machine's. Write access to /proc/sys/kernel is left for the IPC namespace's `shm*`.
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
    // Everything in it that does not begin with shm.
    ...['?', '??', '[^s]**', 's[^h]**', 'sh[^m]**'].map((name) => `${proc}/sys/kernel/${name} w`),
    `${proc}/{kcore,sysrq-trigger} rwklx`,
    '/sys/[^f]** wklx',
    // Of /sys/f only /sys/fs/cgroup is a container's own.
    ...['f[^s]**', 'fs/[^c]**', 'fs/c[^g]**', 'fs/cg[^r]**'].map((name) => `/sys/${name} wklx`),
    '/sys/{firmware,devices/virtual/powercap,kernel/security}/** rwklx',
  ];
}
