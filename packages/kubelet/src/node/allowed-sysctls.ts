// Kernel parameters that a node lets pods set: the safe ones, and those that `allowedUnsafeSysctls` adds.
// https://kubernetes.io/docs/tasks/administer-cluster/sysctl-cluster/

/** Safe parameters, which affect only one pod, with the first kernel where that is so. */
const safe: readonly [name: string, kernel?: readonly [major: number, minor: number]][] = [
  ['kernel.shm_rmid_forced'],
  ['net.ipv4.ip_local_port_range'],
  ['net.ipv4.tcp_syncookies'],
  ['net.ipv4.ping_group_range'],
  ['net.ipv4.ip_unprivileged_port_start'],
  ['net.ipv4.ip_local_reserved_ports', [3, 16]],
  ['net.ipv4.tcp_keepalive_time', [4, 5]],
  ['net.ipv4.tcp_fin_timeout', [4, 6]],
  ['net.ipv4.tcp_keepalive_intvl', [4, 5]],
  ['net.ipv4.tcp_keepalive_probes', [4, 5]],
  ['net.ipv4.tcp_rmem', [4, 15]],
  ['net.ipv4.tcp_wmem', [4, 15]],
  ['net.ipv4.tcp_slow_start_after_idle', [4, 15]],
  ['net.ipv4.tcp_notsent_lowat', [4, 6]],
];

/** Names and patterns that a node's kernel (such as `6.18.1-x`) and its settings allow. */
export function allowedSysctls(kernel: string, unsafe: readonly string[]): string[] {
  const [major = 0, minor = 0] = kernel.split('.').map((part) => Number.parseInt(part, 10));
  const isOld = ([wantedMajor, wantedMinor]: readonly [number, number]): boolean =>
    major < wantedMajor || (major === wantedMajor && minor < wantedMinor);
  const names = safe.filter(([, since]) => since === undefined || !isOld(since)).map(([name]) => name);
  return [...names, ...unsafe];
}
