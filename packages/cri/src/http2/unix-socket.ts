// A stream of octets over a Unix socket. node:net takes Bun longer to load than a short process lives otherwise, so
// that there it is Bun's own socket.

/** Hears of a wire; after `lost` nothing more comes. */
export interface WireListener {
  open(): void;
  data(octets: Buffer): void;
  /** The connection did not come about, with the error of connect(2), or ended. */
  lost(reason: Error): void;
}

export interface Wire {
  /** Octets that were written and that the kernel has not taken. */
  readonly unsent: number;
  write(octets: Uint8Array): void;
  /** Ends it when all that was written is on its way; what comes meanwhile may not be read. */
  end(): void;
  /** Ends it at once; its listener hears nothing more. */
  destroy(): void;
  /** Whether it keeps the process alive; it does from the start. */
  ref(): void;
  unref(): void;
}

/** Connects to the Unix socket at `path`; what is written meanwhile waits. */
export function connectWire(path: string, listener: WireListener): Wire {
  return typeof Bun === 'undefined' ? nodeWire(path, listener) : new BunWire(Bun, path, listener);
}

function nodeWire(path: string, listener: WireListener): Wire {
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

/** What of Bun is used here (https://bun.com/docs/runtime/networking/tcp). */
interface BunSocket {
  /** Takes what fits into the socket; answers how many octets that were. */
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

class BunWire implements Wire {
  readonly #listener: WireListener;
  /** Undefined until it is connected. */
  #socket: BunSocket | undefined;
  #unsent: Uint8Array[] = [];
  #isEnding = false;
  #isDestroyed = false;
  #isLost = false;
  #keepsAlive = true;

  constructor(sockets: BunSockets, path: string, listener: WireListener) {
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
      // On a Unix socket connect(2) never fails with this: the server took the connection, and closed it.
      this.#lost(error.code === 'ECONNRESET' ? closedError() : error);
    });
  }

  get unsent(): number {
    return this.#unsent.reduce((sum, { length }) => sum + length, 0);
  }

  write(octets: Uint8Array): void {
    this.#unsent.push(octets);
    // Otherwise it is told when there is room again.
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
