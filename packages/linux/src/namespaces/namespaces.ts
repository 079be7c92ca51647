// Makes, pins and enters namespaces, through one worker thread.
import { existsSync, rmSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import { workerUrl } from '@berth/common/worker-url.ts';
import { isMountPoint, unmount } from '../mounts/mount.ts';
import { SyscallError } from '../syscall/errno.ts';
import type { BridgePort, BridgePortRequest } from './bridge-port.ts';
import type { PinRequest } from './pin.ts';
import type {
  Failure,
  NetworkOperation,
  NetworkResults,
  WorkerRequest,
  WorkerResponse,
  WorkerValue,
} from './protocol.ts';

export type { BridgePort, BridgePortRequest } from './bridge-port.ts';
export type { PinnedNamespace, PinRequest } from './pin.ts';
export type { NetworkOperation, NetworkResults } from './protocol.ts';

interface Pending {
  resolve: (value: WorkerValue) => void;
  reject: (error: Error) => void;
}

/** One running thread and its unanswered requests. */
interface Thread {
  worker: Worker;
  pending: Map<number, Pending>;
}

/**
 * The one thread that enters namespaces: unshare(2) and setns(2) move only the calling thread, and spawned processes
 * inherit the main thread's namespaces. Requests run one after another. A thread that dies, or cannot return to the
 * host's namespaces, is replaced at the next request. It keeps the process alive only while it works.
 *
 * @example (root)
 * const worker = await NamespaceWorker.start();
 * const net = `${process.cwd()}/netns/pod`;
 * await worker.pin({ net });
 * const [loopback] = await worker.inNetworkNamespace(net, { kind: 'links' });
 * assert.equal(loopback?.name, 'lo');
 * await worker.close();
 * unpin(net);
 * assert.equal(pinState(net), 'absent');
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
   * directories are made with mode 0700. A failure leaves no file. After a crash at any instruction `pinState` of at
   * least one file is `unfinished`, unless all namespaces are pinned and configured.
   *
   * The mounts are in the host's mount namespace and inherit the directory's propagation. Copies of a pin in other
   * mount namespaces disappear when `unpin` removes the file.
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
    // The thread answers each kind of operation with its result type (`perform` in namespace-worker.ts).
    return value as NetworkResults[Operation['kind']];
  }

  /**
   * Connects a network namespace to a bridge by a veth pair, and configures both ends.
   *
   * @throws SyscallError, e.g. code EEXIST when the namespace has an interface of the name
   */
  async makeBridgePort(port: BridgePortRequest): Promise<BridgePort> {
    // The thread answers a request of this kind with a BridgePort.
    return (await this.#request({ kind: 'bridge-port', port })) as BridgePort;
  }

  /** Ends the thread; pending requests reject. */
  async close(): Promise<void> {
    this.#closed = true;
    const thread = await this.#thread?.catch(() => undefined);
    await thread?.worker.terminate();
  }

  async #request(
    request:
      | { kind: 'pin'; pin: PinRequest }
      | { kind: 'bridge-port'; port: BridgePortRequest }
      | { kind: 'network'; path: string; operation: NetworkOperation },
  ): Promise<WorkerValue> {
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
      // Do not inherit Node's flags: --input-type and --eval are invalid for a thread.
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

/** `unfinished`: the file exists and nothing is mounted on it, as after a crash during `pin`. */
export type PinState = 'absent' | 'unfinished' | 'pinned';

/** The state of a file for a pinned namespace. */
export function pinState(path: string): PinState {
  if (isMountPoint(path)) return 'pinned';
  return existsSync(path) ? 'unfinished' : 'absent';
}

/**
 * Unmounts a pinned namespace and removes its file; succeeds when there is none. The kernel frees the namespace with
 * its last process. Removing the file also unmounts copies in other mount namespaces.
 */
export function unpin(path: string): void {
  unmount(path, { detach: true, ifMounted: true });
  rmSync(path, { force: true });
}
