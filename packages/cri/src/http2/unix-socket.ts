// A client socket of AF_UNIX. Loading node:net takes Bun longer than the rest of a short process, so Bun's own socket
// API is used there.

/** Callbacks of a socket. None is called after `lost`. */
export interface SocketListener {
  open(): void;
  data(octets: Buffer): void;
  /** connect(2) failed with this error, or the connection ended. */
  lost(reason: Error): void;
}

export interface UnixSocket {
  /** Octets that were written and are not in the kernel's buffer yet. */
  readonly unsent: number;
  write(octets: Uint8Array): void;
  /** Closes the socket after the writes; data that arrives meanwhile may be lost. */
  end(): void;
  /** Closes the socket at once; no callback is called any more. */
  destroy(): void;
  /** ref: the socket keeps the process alive, as it does initially. */
  ref(): void;
  unref(): void;
}

/** Connects to the Unix socket at `path`; writes are queued until it is connected. */
export function connectUnixSocket(path: string, listener: SocketListener): UnixSocket {
  return typeof Bun === 'undefined' ? nodeSocket(path, listener) : new BunSocketAdapter(Bun, path, listener);
}

function nodeSocket(path: string, listener: SocketListener): UnixSocket {
  const socket = process.getBuiltinModule('node:net').createConnection(path);
  socket.on('connect', () => listener.open());
  socket.on('data', (octets: Buffer) => listener.data(octets));
  let reason = closedError();
  socket.on('error', (error) => {
    reason = error;
  });
  let isDestroyed = false;
  socket.on('close', () => {
    if (!isDestroyed) listener.lost(reason);
  });
  return {
    get unsent() {
      return socket.writableLength;
    },
    write: (octets) => socket.write(octets),
    end: () => socket.end(),
    destroy: () => {
      isDestroyed = true;
      socket.destroy();
    },
    ref: () => socket.ref(),
    unref: () => socket.unref(),
  };
}

const closedError = () => new Error('the server closed the connection');

/** The part of Bun's API that is used here (https://bun.com/docs/runtime/networking/tcp). */
interface BunSocket {
  /** Writes as much as the kernel accepts; returns the number of octets. */
  write(octets: Uint8Array): number;
  end(): void;
  terminate(): void;
  ref(): void;
  unref(): void;
}
interface BunSockets {
  connect(options: {
    unix: string;
    socket: {
      binaryType: 'buffer';
      open(socket: BunSocket): void;
      data(socket: BunSocket, octets: Buffer): void;
      drain(socket: BunSocket): void;
      close(socket: BunSocket): void;
      error(socket: BunSocket, error: Error): void;
    };
  }): Promise<BunSocket>;
}
declare const Bun: BunSockets | undefined;

class BunSocketAdapter implements UnixSocket {
  readonly #listener: SocketListener;
  /** Undefined until it is connected. */
  #socket: BunSocket | undefined;
  #unsent: Uint8Array[] = [];
  #isEnding = false;
  #isDestroyed = false;
  #isLost = false;
  #keepsAlive = true;

  constructor(sockets: BunSockets, path: string, listener: SocketListener) {
    this.#listener = listener;
    const socket = {
      binaryType: 'buffer',
      open: (opened: BunSocket) => this.#opened(opened),
      data: (_: BunSocket, octets: Buffer) => this.#listener.data(octets),
      drain: () => this.#send(),
      close: () => this.#lost(closedError()),
      error: (_: BunSocket, error: Error) => this.#lost(error),
    } as const;
    sockets.connect({ unix: path, socket }).catch((error: NodeJS.ErrnoException) => {
      // connect(2) on a Unix socket never fails with ECONNRESET: the server accepted the connection and closed it.
      this.#lost(error.code === 'ECONNRESET' ? closedError() : error);
    });
  }

  get unsent(): number {
    return this.#unsent.reduce((sum, { length }) => sum + length, 0);
  }

  write(octets: Uint8Array): void {
    this.#unsent.push(octets);
    // Otherwise `drain` sends the queue.
    if (this.#unsent.length === 1) this.#send();
  }

  end(): void {
    this.#isEnding = true;
    this.#send();
  }

  destroy(): void {
    this.#isDestroyed = true;
    this.#unsent = [];
    this.#socket?.terminate();
  }

  ref(): void {
    this.#keepsAlive = true;
    this.#socket?.ref();
  }

  unref(): void {
    this.#keepsAlive = false;
    this.#socket?.unref();
  }

  #opened(socket: BunSocket): void {
    this.#socket = socket;
    if (this.#isDestroyed) {
      socket.terminate();
      return;
    }
    if (!this.#keepsAlive) socket.unref();
    this.#listener.open();
    this.#send();
  }

  #lost(reason: Error): void {
    if (this.#isLost || this.#isDestroyed) return;
    this.#isLost = true;
    this.#unsent = [];
    this.#listener.lost(reason);
  }

  #send(): void {
    const socket = this.#socket;
    if (socket === undefined || this.#isDestroyed || this.#isLost) return;
    for (let [first] = this.#unsent; first !== undefined; [first] = this.#unsent) {
      const sent = socket.write(first);
      if (sent < first.length) {
        if (sent > 0) this.#unsent[0] = first.subarray(sent);
        return;
      }
      this.#unsent.shift();
    }
    if (this.#isEnding) socket.end();
  }
}
