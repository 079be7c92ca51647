// The Unix socket on which an OCI runtime hands over the terminal of a process (scmRights).
import { rmSync } from 'node:fs';
import { hasCode } from '@berth/common/error-code.ts';
import { closeDescriptor, libcFunction, onceReadable } from '../syscall/libc.ts';
import { receiveMessage } from './receive-message.ts';
import { AF_UNIX, UnixAddress } from './unix-address.ts';

const socketCall = libcFunction('socket', ['int', 'int', 'int']);
const bindCall = libcFunction('bind', ['int', 'void *', 'uint']);
const listenCall = libcFunction('listen', ['int', 'int']);
const acceptCall = libcFunction('accept4', ['int', 'void *', 'void *', 'int']);

const SOCK_STREAM = 1;
const SOCK_CLOEXEC = 0o2000000;
const SOCK_NONBLOCK = 0o4000;

/** The OCI runtime's `--console-socket`, to which it sends the master of the terminal that it made. */
export class ConsoleSocket implements Disposable {
  /** The path for the runtime's command line; valid until disposal. */
  readonly path: string;
  readonly #file: string;
  readonly #address: UnixAddress;
  readonly #listener: number;
  #isDisposed = false;
  #connection: number | undefined;
  #cancel: (() => void) | undefined;

  /** Listens at `file`, in an existing directory; disposing removes it. */
  constructor(file: string) {
    this.#file = file;
    using stack = new DisposableStack();
    this.#address = stack.use(new UnixAddress(file));
    this.path = this.#address.path;
    this.#listener = socketCall(file, AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    stack.defer(() => closeDescriptor(this.#listener));
    bindCall(file, this.#listener, this.#address.bytes, this.#address.bytes.length);
    listenCall(file, this.#listener, 1);
    stack.move();
  }

  /** Resolves with the descriptor when it arrives; the caller closes it. Stays pending after disposal. */
  async arrival(): Promise<number> {
    for (;;) {
      const descriptor = this.take();
      if (descriptor !== undefined) return descriptor;
      await new Promise<void>((resolve) => {
        this.#cancel = onceReadable(this.#connection ?? this.#listener, resolve);
      });
    }
  }

  /** The descriptor, when it has arrived. */
  take(): number | undefined {
    if (this.#isDisposed) return undefined;
    try {
      this.#connection ??= acceptCall(this.#file, this.#listener, null, null, SOCK_CLOEXEC | SOCK_NONBLOCK);
      const { descriptor } = receiveMessage(this.#file, this.#connection);
      this.#closeConnection();
      return descriptor;
    } catch (error) {
      if (hasCode(error, 'EAGAIN')) return undefined;
      throw error;
    }
  }

  #closeConnection(): void {
    if (this.#connection !== undefined) closeDescriptor(this.#connection);
    this.#connection = undefined;
  }

  [Symbol.dispose](): void {
    this.#isDisposed = true;
    this.#cancel?.();
    this.#closeConnection();
    closeDescriptor(this.#listener);
    this.#address[Symbol.dispose]();
    rmSync(this.#file, { force: true });
  }
}
