// Decodes criu's image files into the processes, mounts and files that a restore would create.

import { messageOf } from '@berth/common/error-message.ts';
import { type CriuImageKind, parseCriuImage } from './criu-image.ts';
import type { ProtobufMessage } from './protobuf.ts';

/** Credentials and limits that criu would give a restored thread. */
export interface DumpedThread {
  readonly id: number;
  readonly uids: readonly number[];
  readonly gids: readonly number[];
  readonly groups: readonly number[];
  readonly capabilities: Readonly<
    Record<'inheritable' | 'permitted' | 'effective' | 'bounding' | 'ambient', bigint>
  >;
  readonly noNewPrivileges: boolean;
  /** AppArmor profile or SELinux context. */
  readonly lsmProfile: string | undefined;
  /** 0 none, 1 strict, 2 filters. */
  readonly seccompMode: number;
  /** BPF programs, the last installed first. */
  readonly seccompFilters: readonly Buffer[];
  readonly seccompFlags: readonly number[];
  readonly nice: number;
  readonly policy: number;
}

/** What criu would give a process. */
export interface DumpedTask {
  readonly pid: number;
  readonly threads: readonly DumpedThread[];
  /** Hard limits by RLIMIT number. */
  readonly hardLimits: readonly bigint[];
  readonly oomScoreAdj: number | undefined;
  /** criu's ids of the namespaces, by kind. */
  readonly namespaces: NamespaceIds;
}

const namespaceFields = { pid: 5, network: 6, ipc: 7, uts: 8, mount: 9, user: 10 } as const;
export type NamespaceIds = Readonly<Record<keyof typeof namespaceFields, number | undefined>>;

export interface DumpedMount {
  readonly id: number;
  readonly parent: number;
  readonly mountpoint: string;
  /** criu's number for the type of the file system. */
  readonly type: number;
  /** MS_ flags of the mount. */
  readonly flags: number;
  /** Name by which criu asks the OCI runtime for an external mount; undefined for a mount that criu makes itself. */
  readonly externalKey: string | undefined;
}

export interface DumpedFile {
  readonly type: number;
  /** SOCK_ number of an internet socket. */
  readonly socketType: number | undefined;
}

/** The processes that a restore would create, according to criu's files. */
export interface CriuDump {
  /** The namespaces that criu itself was in. */
  readonly host: NamespaceIds;
  readonly tasks: readonly DumpedTask[];
  readonly mounts: readonly DumpedMount[];
  readonly files: readonly DumpedFile[];
  /** Paths in cgroup hierarchies. */
  readonly cgroups: readonly string[];
  readonly plugins: boolean;
}

const taskStates = { alive: 1, dead: 2, stopped: 3 } as const;

/**
 * Parses criu's files. `read` gives the content of a file, undefined when there is none.
 * @throws Error naming the file that is missing or malformed
 */
export function readCriuDump(names: readonly string[], read: (name: string) => Buffer | undefined): CriuDump {
  const optional = (name: string, kind: CriuImageKind) => {
    const bytes = read(name);
    if (bytes === undefined) return [];
    try {
      return parseCriuImage(bytes, kind);
    } catch (error) {
      throw new Error(`${name}: ${messageOf(error)}`);
    }
  };
  const required = (name: string, kind: CriuImageKind) => {
    const messages = optional(name, kind);
    if (messages.length === 0) throw new Error(`it has no ${name}`);
    return messages;
  };
  const one = (name: string, kind: CriuImageKind): ProtobufMessage => {
    const [message, ...others] = required(name, kind);
    if (message === undefined || others.length > 0) throw new Error(`${name} holds more than one message`);
    return message;
  };
  const inventory = one('inventory.img', 'inventory');
  const filters = optional('seccomp.img', 'seccomp').flatMap((message) => message.messages(1));
  const thread = (id: number, core: ProtobufMessage) => dumpedThread(id, core, filters);
  const tasks = required('pstree.img', 'pstree').flatMap((entry): DumpedTask[] => {
    const pid = entry.number(1) ?? 0;
    const core = one(`core-${pid}.img`, 'core');
    const state = core.message(3)?.number(1);
    if (state === taskStates.dead) return [];
    if (state !== taskStates.alive && state !== taskStates.stopped) {
      throw new Error(`core-${pid}.img: a process is neither alive nor dead`);
    }
    const others = entry.numbers(5).filter((tid) => tid !== pid);
    return [
      {
        pid,
        threads: [thread(pid, core), ...others.map((tid) => thread(tid, one(`core-${tid}.img`, 'core')))],
        hardLimits: (core.message(3)?.message(8)?.messages(1) ?? []).map((limit) => limit.integer(2) ?? 0n),
        oomScoreAdj: signed(core.message(3)?.integer(14)),
        namespaces: namespaceIds(one(`ids-${pid}.img`, 'ids')),
      },
    ];
  });
  return {
    host: namespaceIds(inventory.message(3)),
    plugins: (inventory.message(12)?.bytes(12)?.length ?? 0) > 0,
    tasks,
    mounts: names
      .filter((name) => /^mountpoints-\d+\.img$/.test(name))
      .flatMap((name) => required(name, 'mountpoints').map(dumpedMount)),
    files: optional('files.img', 'files').map((file) => ({
      type: file.number(1) ?? 0,
      socketType: file.message(4)?.number(4),
    })),
    cgroups: optional('cgroup.img', 'cgroup').flatMap(cgroupPaths),
  };
}

function dumpedThread(id: number, core: ProtobufMessage, filters: readonly ProtobufMessage[]): DumpedThread {
  const own = core.message(5);
  const creds = own?.message(10);
  if (own === undefined || creds === undefined) throw new Error(`core-${id}.img has no credentials`);
  const numbers = (fields: readonly number[]) => fields.map((field) => creds.number(field) ?? 0);
  const mode = own.number(11) ?? 0;
  const chain = mode === 2 ? filterChain(own.number(12), filters) : [];
  return {
    id,
    uids: numbers([1, 3, 5, 7]),
    gids: numbers([2, 4, 6, 8]),
    groups: creds.numbers(14),
    capabilities: {
      inheritable: mask(creds.numbers(9)),
      permitted: mask(creds.numbers(10)),
      effective: mask(creds.numbers(11)),
      bounding: mask(creds.numbers(12)),
      ambient: mask(creds.numbers(19)),
    },
    noNewPrivileges: (creds.number(18) ?? 0) !== 0,
    lsmProfile: creds.text(15),
    seccompMode: mode,
    seccompFilters: chain.map((filter) => filter.bytes(1) ?? Buffer.alloc(0)),
    seccompFlags: chain.map((filter) => filter.number(3) ?? 0),
    nice: zigzag(own.integer(3) ?? 0n),
    policy: own.number(4) ?? 0,
  };
}

/** A thread's seccomp filters: each refers to the one that was installed before it. */
function filterChain(last: number | undefined, filters: readonly ProtobufMessage[]): ProtobufMessage[] {
  const chain: ProtobufMessage[] = [];
  for (let index = last; index !== undefined; ) {
    const filter = filters[index];
    if (filter === undefined || chain.length >= filters.length) {
      throw new Error('seccomp.img: the filters of a thread do not come to an end');
    }
    chain.push(filter);
    index = filter.number(2);
  }
  return chain;
}

function mask(words: readonly number[]): bigint {
  return words.reduceRight((bits, word) => (bits << 32n) | BigInt(word), 0n);
}

function signed(value: bigint | undefined): number | undefined {
  return value === undefined ? undefined : Number(BigInt.asIntN(64, value));
}

function zigzag(value: bigint): number {
  return Number((value >> 1n) ^ -(value & 1n));
}

function namespaceIds(ids: ProtobufMessage | undefined): NamespaceIds {
  const id = (field: number) => ids?.number(field);
  const { pid, network, ipc, uts, mount, user } = namespaceFields;
  return {
    pid: id(pid),
    network: id(network),
    ipc: id(ipc),
    uts: id(uts),
    mount: id(mount),
    user: id(user),
  };
}

function dumpedMount(entry: ProtobufMessage): DumpedMount {
  const isExternal = (entry.number(13) ?? 0) !== 0;
  const key = entry.text(18);
  return {
    id: entry.number(2) ?? 0,
    parent: entry.number(4) ?? 0,
    mountpoint: `/${(entry.text(7) ?? '').replace(/^\.?\/*/, '')}`,
    type: entry.number(1) ?? 0,
    flags: entry.number(5) ?? 0,
    externalKey: key ?? (isExternal ? entry.text(6) : undefined),
  };
}

function cgroupPaths(cgroup: ProtobufMessage): string[] {
  const members = cgroup.messages(1).flatMap((set) => set.messages(2).map((member) => member.text(2) ?? ''));
  const below = (directory: ProtobufMessage): string[] => [
    directory.text(1) ?? '',
    ...directory.messages(2).flatMap(below),
  ];
  return [...members, ...cgroup.messages(2).flatMap((controller) => controller.messages(2).flatMap(below))];
}
