import { capabilityNames } from '@berth/linux/security/capabilities.ts';
import type { LinuxNamespaceType, Spec } from '@berth/oci/runtime-spec/config.ts';
import type { CriuDump, DumpedTask, DumpedThread, NamespaceIds } from './criu-dump.ts';
import { mountsExcess } from './mount-excess.ts';

/** The request's container, and what this node knows. */
export interface RestoreLimits {
  readonly spec: Spec;
  /** Hard limits of a container's processes by RLIMIT number; one that is missing is not checked. */
  readonly hardLimits: ReadonlyMap<number, bigint>;
  /** Whether this node's OCI runtime compiled a filter from the request's seccomp profile. */
  readonly isFilterOfProfile: (filter: Buffer) => boolean;
  /** Whether a path of /proc or /sys exists on this node. */
  readonly exists: (path: string) => boolean;
}

/**
 * Lists where a checkpoint exceeds the requested container: the first violation of each process, mount and file. criu
 * may restore it when the list is empty. Pure.
 */
export function restoreExcess(dump: CriuDump, limits: RestoreLimits): string[] {
  const [first] = dump.tasks;
  if (first === undefined) return ['it has no process'];
  const pid = limits.spec.linux?.namespaces?.find(({ type }) => type === 'pid');
  // criu makes a PID namespace only for a process 1.
  if (pid !== undefined && pid.path === undefined && first.pid !== 1)
    return ['its first process is not process 1'];
  return [
    ...(dump.plugins ? ['it wants plugins of criu'] : []),
    ...dump.tasks.flatMap((task) =>
      [
        namespaceExcess(task, first, dump.host, limits.spec),
        limitExcess(task, limits),
        ...task.threads.map((thread) => threadExcess(thread, limits)),
      ].flatMap((excess) => (excess === undefined ? [] : [`process ${task.pid} ${excess}`])),
    ),
    ...mountsExcess(dump.mounts, limits),
    ...dump.files.flatMap((file) => fileExcess(file, limits.spec) ?? []),
    ...dump.cgroups
      .filter((path) => path.split('/').includes('..'))
      .map((path) => `it has a cgroup outside of the container's: ${JSON.stringify(path)}`),
  ];
}

const capabilityNumbers: ReadonlyMap<string, number> = new Map(
  capabilityNames.map((name, number) => [name, number]),
);

function bits(names: readonly string[] | undefined): bigint {
  return (names ?? []).reduce((set, name) => set | (1n << BigInt(capabilityNumbers.get(name) ?? 0)), 0n);
}

function has({ process }: Spec, capability: string): boolean {
  return process?.capabilities?.bounding?.includes(capability) ?? false;
}

function threadExcess(thread: DumpedThread, { spec, isFilterOfProfile }: RestoreLimits): string | undefined {
  const { process, linux } = spec;
  if (process === undefined) return 'is of a container without a process';
  const { user, capabilities = {} } = process;
  const isRoot = user.uid === 0;
  // root may change to any user and group with the capability; other users may not.
  const mayChange = (capability: string) => isRoot && has(spec, capability);
  const foreignUid = thread.uids.find((uid) => uid !== user.uid);
  if (foreignUid !== undefined && !mayChange('CAP_SETUID')) {
    return `has user ${foreignUid}, and the container's is ${user.uid}`;
  }
  const groups = [user.gid, ...(user.additionalGids ?? [])];
  const foreignGid = [...thread.gids, ...thread.groups].find((gid) => !groups.includes(gid));
  if (foreignGid !== undefined && !mayChange('CAP_SETGID')) {
    return `has group ${foreignGid}, and the container's are ${groups.join(', ')}`;
  }
  const bounding = bits(capabilities.bounding);
  // Capabilities of a program that starts as another user than root.
  const held = isRoot ? bounding : bits(capabilities.ambient);
  for (const [set, allowed] of [
    ['bounding', bounding],
    ['inheritable', isRoot ? bounding : held | bits(capabilities.inheritable)],
    ['permitted', held],
    ['effective', held],
    ['ambient', held],
  ] as const) {
    const excess = thread.capabilities[set] & ~allowed;
    if (excess !== 0n) return `has ${nameOfLowest(excess)} in its ${set} set, which the container has not`;
  }
  if (process.noNewPrivileges === true && !thread.noNewPrivileges) return 'may gain new privileges';
  const label = process.apparmorProfile ?? process.selinuxLabel;
  if (label !== undefined && label !== 'unconfined' && thread.lsmProfile !== label) {
    return `is confined by ${JSON.stringify(thread.lsmProfile ?? '')}, and the container is by ${JSON.stringify(label)}`;
  }
  return (
    seccompExcess(thread, linux?.seccomp !== undefined, isFilterOfProfile) ?? scheduleExcess(thread, spec)
  );
}

function nameOfLowest(set: bigint): string {
  const number = set.toString(2).split('').reverse().indexOf('1');
  return capabilityNames[number] ?? `capability ${number}`;
}

const seccompModes = { strict: 1, filter: 2 } as const;
/** SECCOMP_FILTER_FLAG_TSYNC and _LOG; the others weaken the filter, or hand it to a listener. */
const harmlessFilterFlags = 0x3;

function seccompExcess(
  { seccompMode, seccompFilters, seccompFlags }: DumpedThread,
  isWanted: boolean,
  isFilterOfProfile: (filter: Buffer) => boolean,
): string | undefined {
  if (!isWanted || seccompMode === seccompModes.strict) return undefined;
  if (seccompMode !== seccompModes.filter) return 'has no seccomp filter';
  if (seccompFlags.some((flags) => (flags & ~harmlessFilterFlags) !== 0))
    return 'has a seccomp filter with flags';
  if (seccompFilters.some(isFilterOfProfile)) return undefined;
  return "has no seccomp filter that this node has seen on a container with the request's profile";
}

function scheduleExcess({ nice, policy }: DumpedThread, spec: Spec): string | undefined {
  const [fifo, roundRobin, deadline] = [1, 2, 6];
  if (has(spec, 'CAP_SYS_NICE')) return undefined;
  if (nice < 0) return `has nice value ${nice}, which needs CAP_SYS_NICE`;
  return [fifo, roundRobin, deadline].includes(policy)
    ? `has real-time scheduling (policy ${policy}), which needs CAP_SYS_NICE`
    : undefined;
}

/** criu's name and config.json's name of each namespace kind that is checked. */
const namespaceKinds: readonly [keyof NamespaceIds, LinuxNamespaceType][] = [
  ['mount', 'mount'],
  ['pid', 'pid'],
  ['ipc', 'ipc'],
  ['uts', 'uts'],
  ['network', 'network'],
  ['user', 'user'],
];

function namespaceExcess(
  { namespaces }: DumpedTask,
  first: DumpedTask,
  host: NamespaceIds,
  { linux }: Spec,
): string | undefined {
  for (const [kind, type] of namespaceKinds) {
    const id = namespaces[kind];
    if (id !== first.namespaces[kind]) return `has another ${type} namespace than the first`;
    const isOwn = linux?.namespaces?.some((namespace) => namespace.type === type) ?? false;
    // criu uses its own namespace when the id is missing.
    if (isOwn && (id === undefined || host[kind] === undefined || id === host[kind])) {
      return `is in the host's ${type} namespace`;
    }
  }
  return undefined;
}

function limitExcess({ hardLimits, oomScoreAdj }: DumpedTask, { spec, hardLimits: allowed }: RestoreLimits) {
  const number = hardLimits.findIndex((limit, index) => limit > (allowed.get(index) ?? limit));
  if (number >= 0) return `has resource limit ${number} at ${hardLimits[number]}, above the container's`;
  const least = spec.process?.oomScoreAdj ?? 0;
  return (oomScoreAdj ?? 0) < least ? `has oom_score_adj ${oomScoreAdj ?? 0}, below ${least}` : undefined;
}

/** criu's numbers of open file types that lead out of the container, or need a privilege. */
const openFiles = {
  packet: 10,
  fanotify: 12,
  namespace: 14,
  tun: 15,
  external: 16,
  bpf: 19,
  internet: 4,
} as const;
const rawSocket = 3;

function fileExcess({ type, socketType }: CriuDump['files'][number], spec: Spec): string | undefined {
  const { packet, fanotify, namespace, tun, external, bpf, internet } = openFiles;
  if (type === packet || (type === internet && socketType === rawSocket)) {
    return has(spec, 'CAP_NET_RAW') ? undefined : 'it has a raw socket, which needs CAP_NET_RAW';
  }
  if (type === tun)
    return has(spec, 'CAP_NET_ADMIN') ? undefined : 'it has a TUN device, which needs CAP_NET_ADMIN';
  if (type === namespace) return 'it has a namespace open';
  if (type === external) return 'it has a file open that is not of the container';
  if (type === fanotify || type === bpf) return 'it has a fanotify group or BPF map open';
  return undefined;
}
