import { existsSync, rmSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import { workerUrl } from '@berth/common/worker-url.ts';
import { isMountPoint, unmount } from '../mounts/mount.ts';
import { SyscallError } from '../syscall/errno.ts';
import type { PinRequest } from './pin.ts';
import type { Failure, NetworkOperation, NetworkResults, WorkerRequest, WorkerResponse } from './protocol.ts';

export type { PinnedNamespace, PinRequest } from './pin.ts';
export type { NetworkOperation, NetworkResults } from './protocol.ts';

interface Pending {
  resolve: (value: NetworkResults[keyof NetworkResults]) => void;
  reject: (error: Error) => void;
}

/** One running thread and the requests that it has not answered. */
interface Thread {
  worker: Worker;
  pending: Map<number, Pending>;
}

/**
 * The one thread that enters namespaces: unshare(2) and setns(2) move only the calling thread, and the
 * main thread's namespaces are what spawned processes inherit. Requests run one after another. A thread
 * that dies or cannot return to the host's namespaces is replaced for the next request. The thread keeps
 * the process alive only while it works.
 */
export class NamespaceWorker {
  #thread: Promise<Thread> | undefined;
  #nextId = 1;
  #closed = false;

  /** Starts the thread; it must be called before the process changes its own namespaces. Needs CAP_SYS_ADMIN. */
  static async start(): Promise<NamespaceWorker> {
    const worker = new NamespaceWorker();
    await worker.#running();
    return worker;
  }

  /**
   * Makes new namespaces, configures them, and pins each as a bind-mounted file; missing parent
   * directories are made with mode 0700. All or nothing: a failure leaves no file. After a crash at any
   * instruction `pinState` of at least one of the files is `unfinished`, until all are pinned and configured.
   *
   * The mounts are of the host's mount namespace, as processes started later see it. Propagation is left
   * as the directory has it; copies of a pin in other mount namespaces go with the file, on `unpin`.
   *
   * @throws SyscallError, e.g. code EEXIST when a file is a pinned namespace already
   */
  async pin(request: PinRequest): Promise<void> {
    await this.#request({ kind: 'pin', pin: request });
  }

  /** Runs one operation in the network namespace that is the file `path`. */
  async inNetworkNamespace<Operation extends NetworkOperation>(
    path: string,
    operation: Operation,
  ): Promise<NetworkResults[Operation['kind']]> {
    const value = await this.#request({ kind: 'network', path, operation });
    // Our own thread answers each kind of operation with that kind's result (see perform there).
    return value as NetworkResults[Operation['kind']];
  }

  /** Ends the thread. Requests under way are rejected. */
  async close(): Promise<void> {
    this.#closed = true;
    const thread = await this.#thread?.catch(() => undefined);
    await thread?.worker.terminate();
  }

  async #request(
    request:
      | { kind: 'pin'; pin: PinRequest }
      | { kind: 'network'; path: string; operation: NetworkOperation },
  ): Promise<NetworkResults[keyof NetworkResults]> {
    const { worker, pending } = await this.#running();
    const id = this.#nextId++;
    return await new Promise((resolve, reject) => {
      pending.set(id, { resolve, reject });
      worker.ref();
      worker.postMessage({ ...request, id } satisfies WorkerRequest);
    });
  }

  #running(): Promise<Thread> {
    if (this.#closed) return Promise.reject(new Error('the namespace thread is closed'));
    if (this.#thread === undefined) {
      const thread = startThread(() => {
        if (this.#thread === thread) this.#thread = undefined;
      });
      this.#thread = thread;
    }
    return this.#thread;
  }
}

/** @param onEnd called once when the thread takes no further requests */
function startThread(onEnd: () => void): Promise<Thread> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(workerUrl('namespace-worker', import.meta.url), {
      name: 'namespaces',
      // Not the parent's: some of Node's flags (--input-type, --eval) make no sense for a thread.
      execArgv: [],
      resourceLimits: { maxYoungGenerationSizeMb: 2, maxOldGenerationSizeMb: 32 },
    });
    const pending = new Map<number, Pending>();
    let crash: Error | undefined;
    worker.on('message', (response: WorkerResponse) => {
      if (response.kind === 'ready') {
        worker.unref();
        resolve({ worker, pending });
        return;
      }
      const waiting = pending.get(response.id);
      pending.delete(response.id);
      if (pending.size === 0) worker.unref();
      if (response.kind === 'done') {
        waiting?.resolve(response.value);
        return;
      }
      waiting?.reject(toError(response.failure));
      if (response.stranded) {
        onEnd();
        void worker.terminate();
      }
    });
    worker.on('error', (error: Error) => {
      crash = error;
    });
    worker.on('exit', () => {
      onEnd();
      const error = new Error('the namespace thread ended before it answered', { cause: crash });
      reject(crash ?? error);
      for (const { reject: rejectRequest } of pending.values()) rejectRequest(error);
    });
  });
}

function toError(failure: Failure): Error {
  return 'syscall' in failure ? new SyscallError(failure.syscall) : new Error(failure.message);
}

/** `unfinished`: the file exists but nothing is mounted on it, as after a crash while pinning. */
export type PinState = 'absent' | 'unfinished' | 'pinned';

/** The state of a file at which a namespace is or was to be pinned. */
export function pinState(path: string): PinState {
  if (isMountPoint(path)) return 'pinned';
  return existsSync(path) ? 'unfinished' : 'absent';
}

/**
 * Releases a pinned namespace and removes its file; nothing to do is no error. The namespace ends with its
 * last process. Removing the file also takes away copies of the mount in other mount namespaces.
 */
export function unpin(path: string): void {
  unmount(path, { detach: true, ifMounted: true });
  rmSync(path, { force: true });
}
