// Runs on the namespace thread: makes new namespaces and pins each as a bind-mounted file.
import { closeSync, constants, openSync, unlinkSync } from 'node:fs';
import { constants as osConstants } from 'node:os';
import { dirname } from 'node:path';
import { hasCode } from '@berth/common/error-code.ts';
import { makeDirectoriesSync } from '@berth/common/files/directories.ts';
import { bindMount, isMountPoint, unmount } from '../mounts/mount.ts';
import { setLinkUp } from '../netlink/links.ts';
import { withEffectiveUser } from '../processes/effective-user.ts';
import { SyscallError } from '../syscall/errno.ts';
import { libcFunction } from '../syscall/libc.ts';
import { sysctlNamespace, writeSysctl } from '../sysctl.ts';
import { hostId, type IdMappings } from './id-mappings.ts';
import { UserNamespaceProcess } from './user-namespace.ts';

const unshare = libcFunction('unshare', ['int']);
const setns = libcFunction('setns', ['int', 'int']);
const sethostname = libcFunction('sethostname', ['str', 'size_t']);

/** The namespaces that the containers of a pod share, each pinned as a file. */
export type PinnedNamespace = 'net' | 'ipc' | 'uts';

const CLONE_FLAGS: Record<PinnedNamespace, number> = {
  net: 0x4000_0000,
  ipc: 0x0800_0000,
  uts: 0x0400_0000,
};
const pinnable: readonly PinnedNamespace[] = ['net', 'ipc', 'uts'];

export interface PinRequest {
  /** A new user namespace, which owns the other new ones: the file to pin it at, and its mappings. */
  user?: { path: string; mappings: IdMappings };
  /** File to pin a new network namespace at; its loopback interface is up. */
  net?: string;
  /** File to pin a new IPC namespace at. */
  ipc?: string;
  /** File to pin a new UTS namespace at. */
  uts?: string;
  /** Host name, set in the new or existing UTS namespace; refused without one. */
  hostname?: string;
  /** Kernel parameters, set in the new or existing namespaces; others are refused. */
  sysctls?: Record<string, string>;
  /** Pinned namespaces to set `hostname` and `sysctls` in. */
  existing?: Partial<Record<PinnedNamespace, string>>;
}

/** The calling thread could not return to its original namespaces and must not run anything else. */
export class StrandedError extends Error {}

/** The namespaces that a thread started in, held open so that it can return. */
export class HomeNamespaces {
  readonly #descriptors: readonly { descriptor: number; flag: number }[];

  constructor() {
    this.#descriptors = pinnable.map((name) => ({
      descriptor: openSync(`/proc/thread-self/ns/${name}`, 'r'),
      flag: CLONE_FLAGS[name],
    }));
    // Fail now, not with the first pod, when this process lacks the privilege for setns(2).
    this.#enter();
  }

  /** Runs a synchronous function that changes the thread's namespaces, then restores them. */
  away<T>(work: () => T): T {
    try {
      return work();
    } finally {
      this.#return();
    }
  }

  #return(): void {
    try {
      this.#enter();
    } catch (error) {
      throw new StrandedError('the namespace thread could not return to the host namespaces', {
        cause: error,
      });
    }
  }

  #enter(): void {
    for (const { descriptor, flag } of this.#descriptors) setns('to the host namespaces', descriptor, flag);
  }
}

/** Moves the calling thread into a namespace that is a file. */
export function enterNamespace(kind: PinnedNamespace, path: string): void {
  const descriptor = openSync(path, 'r');
  try {
    setns(path, descriptor, CLONE_FLAGS[kind]);
  } finally {
    closeSync(descriptor);
  }
}

/**
 * Makes new namespaces on the calling thread, configures them, and pins each as a bind-mounted file. The files are
 * created first and the namespaces mounted on them last, so a crash leaves at least one file without a mount, which
 * the next call reuses. A failure leaves no file.
 */
export function pinNamespaces(request: PinRequest, home: HomeNamespaces): void {
  refuseForeignSettings(request);
  const wanted = pinnable.flatMap((kind) => {
    const path = request[kind];
    return path === undefined ? [] : [{ kind, path }];
  });
  const { user } = request;
  const flags = wanted.reduce((sum, { kind }) => sum | CLONE_FLAGS[kind], 0);
  using undo = new DisposableStack();
  for (const { path } of [...wanted, ...(user === undefined ? [] : [user])]) {
    createPinFile(path);
    undo.defer(() => unlinkSync(path));
  }
  home.away(() => {
    if (user === undefined) {
      unshare('new namespaces', flags);
    } else {
      using owner = new UserNamespaceProcess(flags, user.mappings);
      for (const { kind } of wanted) enterNamespace(kind, owner.namespace(kind));
      bindMount(owner.namespace('user'), user.path);
      undo.defer(() => unmount(user.path, { detach: true }));
    }
    for (const kind of pinnable) {
      const path = request.existing?.[kind];
      if (path !== undefined) enterNamespace(kind, path);
    }
    if (request.net !== undefined) setLinkUp('lo');
    const { hostname } = request;
    if (hostname !== undefined) sethostname(hostname, hostname, Buffer.byteLength(hostname));
    writeSysctls(request);
    for (const { kind, path } of wanted) {
      bindMount(`/proc/thread-self/ns/${kind}`, path);
      undo.defer(() => unmount(path, { detach: true }));
    }
  });
  undo.move();
}

function writeSysctls({ sysctls = {}, user, ipc }: PinRequest): void {
  for (const [name, value] of Object.entries(sysctls)) {
    // Only root of the owning user namespace may set the parameters of an IPC namespace.
    const isOwners = user !== undefined && ipc !== undefined && sysctlNamespace(name) === 'ipc';
    const root = isOwners ? hostId(user.mappings.uids, 0) : 0;
    if (root === 0) writeSysctl(name, value);
    else withEffectiveUser(root, () => writeSysctl(name, value));
  }
}

/** Refuses to change a namespace that the request neither makes nor names: that is the host's. */
function refuseForeignSettings({ hostname, sysctls = {}, existing = {}, ...made }: PinRequest): void {
  const owns = (kind: PinnedNamespace): boolean => made[kind] !== undefined || existing[kind] !== undefined;
  if (hostname !== undefined && !owns('uts')) {
    throw new Error(`hostname ${hostname}: there is no UTS namespace of the pod's own to set it in`);
  }
  for (const kind of pinnable) {
    if (made[kind] !== undefined && existing[kind] !== undefined) {
      throw new Error(`namespace ${kind} is asked for both as a new one and as an existing one`);
    }
  }
  for (const name of Object.keys(sysctls)) {
    const kind = sysctlNamespace(name);
    if (kind === undefined)
      throw new Error(`sysctl ${name} is not namespaced: it would change the whole machine`);
    if (!owns(kind))
      throw new Error(`sysctl ${name}: the pod has no ${kind} namespace of its own to set it in`);
  }
}

function createPinFile(path: string): void {
  makeDirectoriesSync(dirname(path), 0o700);
  try {
    closeSync(openSync(path, constants.O_CREAT | constants.O_EXCL | constants.O_WRONLY, 0));
  } catch (error) {
    if (!hasCode(error, 'EEXIST')) throw error;
    if (isMountPoint(path)) {
      throw new SyscallError({
        syscall: 'pin',
        errno: osConstants.errno.EEXIST,
        path,
        hint: 'a namespace is pinned there already',
      });
    }
  }
}
