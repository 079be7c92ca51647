// Makes user namespaces, which a process of several threads such as Node cannot do by unshare(2).
import { writeFileSync } from 'node:fs';
import { constants } from 'node:os';
import { canMapIds } from '../mounts/mount.ts';
import { kill } from '../processes/process.ts';
import { pipe } from '../streams/pipe.ts';
import { asSyscallError, SyscallError } from '../syscall/errno.ts';
import {
  addressOf,
  closeDescriptor,
  errnoFunction,
  libcFunction,
  symbolAddress,
  voidFunction,
} from '../syscall/libc.ts';
import type { IdMapping, IdMappings } from './id-mappings.ts';

const cloneCall = libcFunction('clone', ['size_t', 'size_t', 'int', 'size_t']);
const waitpid = libcFunction('waitpid', ['int', 'void *', 'int']);
const getcontext = libcFunction('getcontext', ['void *']);
const makecontext = voidFunction('makecontext', [
  'void *',
  'size_t',
  'int',
  'long',
  'long',
  'long',
  'long',
  'long',
]);
const setSignalMask = errnoFunction('pthread_sigmask', ['int', 'void *', 'void *']);

const CLONE_VM = 0x100;
const CLONE_NEWUSER = 0x1000_0000;
const WALL = 0x4000_0000;
const SIG_SETMASK = 2;
const PR_SET_PDEATHSIG = 1;
const signalSetBytes = 128;

// Larger than ucontext_t on any architecture, and than the stacks that the calls below need.
const contextBytes = 16 << 10;
const stackBytes = 64 << 10;
/** Calls that the process makes; each has a context and a stack, and clone(2) takes one more stack. */
const parallelCalls = 4;
const memoryBytes = parallelCalls * contextBytes + (parallelCalls + 1) * stackBytes + 16;

/**
 * A process that holds new namespaces while they are being pinned. unshare(2) and setns(2) refuse user namespaces in
 * a process of several threads, which every Node is, and a fork would copy its page tables. So this is a clone(2) with
 * CLONE_VM on a stack of its own, which never returns to JavaScript: a chain of setcontext(3) takes it through four
 * calls. prctl(2) with PR_SET_PDEATHSIG kills it with the thread that made it. For the case that Node was killed before
 * that call, it reads from a pipe whose only writer is Node, and ends at end of file. It ends by _exit(2), because exit(3) would run Node's exit handlers, which
 * wait for threads that this process does not have.
 */
export class UserNamespaceProcess implements Disposable {
  readonly #pid: number;
  /** The process's stacks, referenced so that they are not garbage collected while it lives. */
  readonly #memory: Buffer;
  /** The only writing end of the pipe that the process reads from. */
  readonly #lifeline: number;

  /** @param flags CLONE_NEW… of the namespaces that the new user namespace is to own */
  constructor(flags: number, mappings: IdMappings) {
    this.#memory = Buffer.alloc(memoryBytes);
    const { readEnd, writeEnd } = pipe('the process of a user namespace');
    this.#lifeline = writeEnd;
    const blocked = Buffer.alloc(signalSetBytes, 0xff);
    const before = Buffer.alloc(signalSetBytes);
    // The process shares our signal handlers and must not run them. A context keeps the mask that it was made with.
    setSignalMask(undefined, SIG_SETMASK, blocked, before);
    try {
      const { first, stackTop } = lifeOf(this.#memory, { readEnd, writeEnd });
      this.#pid = cloneCall(
        'a user namespace',
        symbolAddress('setcontext'),
        stackTop,
        flags | CLONE_NEWUSER | CLONE_VM,
        first,
      );
    } catch (error) {
      closeDescriptor(writeEnd);
      throw error;
    } finally {
      setSignalMask(undefined, SIG_SETMASK, before, Buffer.alloc(signalSetBytes));
      closeDescriptor(readEnd);
    }
    try {
      this.#write('uid_map', mappings.uids);
      this.#write('gid_map', mappings.gids);
    } catch (error) {
      this[Symbol.dispose]();
      throw error;
    }
  }

  /** A namespace of the process as a file, to enter or pin while the process lives. */
  namespace(kind: 'user' | 'net' | 'ipc' | 'uts'): string {
    return `/proc/${this.#pid}/ns/${kind}`;
  }

  [Symbol.dispose](): void {
    kill(this.#pid, constants.signals.SIGKILL);
    waitpid(`process ${this.#pid}`, this.#pid, Buffer.alloc(4), WALL);
    closeDescriptor(this.#lifeline);
    this.#memory.fill(0);
  }

  #write(file: 'uid_map' | 'gid_map', mappings: readonly IdMapping[]): void {
    const path = `/proc/${this.#pid}/${file}`;
    const text = mappings.map(({ containerId, hostId, length }) => `${containerId} ${hostId} ${length}\n`);
    try {
      writeFileSync(path, text.join(''), { flag: 'r+' });
    } catch (error) {
      throw asSyscallError(error, { path, hint: `mapping ${text.join('').trim()}` });
    }
  }
}

/** A call of the C library with integer arguments. */
type Call = readonly [name: string, ...args: readonly (number | bigint)[]];

/** Builds the chain of contexts in memory. Returns the address of the first, and of the initial stack. */
function lifeOf(
  memory: Buffer,
  { readEnd, writeEnd }: { readEnd: number; writeEnd: number },
): { first: bigint; stackTop: bigint } {
  const start = addressOf(memory);
  const aligned = (16n - (start % 16n)) % 16n;
  const at = (offset: number) => start + aligned + BigInt(offset);
  const contextAt = (index: number) => index * contextBytes;
  const stackAt = (index: number) => parallelCalls * contextBytes + index * stackBytes;
  const calls: readonly Call[] = [
    ['prctl', PR_SET_PDEATHSIG, constants.signals.SIGKILL, 0, 0, 0],
    ['close', writeEnd],
    // Nothing is ever written: read(2) returns at end of file.
    ['read', readEnd, at(stackAt(parallelCalls)), 1],
    ['_exit', 0],
  ];
  for (const [index, [name, ...args]] of calls.entries()) {
    const bytes = memory.subarray(Number(aligned) + contextAt(index));
    getcontext(name, bytes);
    const next = index + 1 < calls.length ? at(contextAt(index + 1)) : 0n;
    // The first fields of ucontext_t are the same on every architecture: uc_flags, uc_link, uc_stack.
    bytes.writeBigUInt64LE(next, 8);
    bytes.writeBigUInt64LE(at(stackAt(index)), 16);
    bytes.writeBigUInt64LE(BigInt(stackBytes), 32);
    const [a = 0, b = 0, c = 0, d = 0, e = 0] = args;
    makecontext(name, bytes, symbolAddress(name), args.length, a, b, c, d, e);
  }
  return { first: at(contextAt(0)), stackTop: at(stackAt(parallelCalls + 1)) };
}

/** Whether this machine allows user namespaces and idmapped mounts of the file system of `directory`. */
export function canShiftOwners(directory: string): boolean {
  const mapping = [{ containerId: 0, hostId: 65_536, length: 1 }];
  try {
    using owner = new UserNamespaceProcess(0, { uids: mapping, gids: mapping });
    return canMapIds(directory, owner.namespace('user'));
  } catch (error) {
    // CONFIG_USER_NS is off, or user.max_user_namespaces is 0.
    if (error instanceof SyscallError) return false;
    throw error;
  }
}
