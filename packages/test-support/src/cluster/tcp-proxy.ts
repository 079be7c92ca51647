// A TCP proxy before an API server: it delays, cuts, and refuses connections.
import { readFileSync, writeFileSync } from 'node:fs';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout as delay } from 'node:timers/promises';

/** Forwards connections to a server as they are, TLS included. */
export class TcpProxy implements Disposable {
  /** How long each piece of data waits, in either direction. */
  delayMs = 0;
  readonly #target: URL;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #isRefusing = false;

  private constructor(target: URL) {
    this.#target = target;
    this.#server = createServer({ allowHalfOpen: true }, (client) => this.#forward(client));
  }

  /** Listens on a free port of 127.0.0.1, in place of a server such as `https://127.0.0.1:6443`. */
  static async before(server: string): Promise<TcpProxy> {
    const proxy = new TcpProxy(new URL(server));
    await new Promise<void>((resolve) => proxy.#server.listen(0, '127.0.0.1', resolve));
    return proxy;
  }

  /** The kubeconfig in the file `path`, with the proxy in place of its server; returns the new one's path. */
  kubeconfig(path: string): string {
    const { port } = this.#server.address() as AddressInfo;
    const own = `${path}.proxy`;
    const text = readFileSync(path, 'utf8').replace(this.#target.origin, `https://127.0.0.1:${port}`);
    writeFileSync(own, text, { mode: 0o600 });
    return own;
  }

  /** Ends every connection at once, as a load balancer that dies. */
  cut(): void {
    for (const socket of this.#sockets) socket.resetAndDestroy();
  }

  /** Ends every connection, and each new one as soon as it is made. */
  refuse(): void {
    this.#isRefusing = true;
    this.cut();
  }

  /** Forwards connections again. */
  accept(): void {
    this.#isRefusing = false;
  }

  [Symbol.dispose](): void {
    this.cut();
    this.#server.close();
  }

  #forward(client: Socket): void {
    if (this.#isRefusing) {
      client.resetAndDestroy();
      return;
    }
    const { hostname, port } = this.#target;
    const server = connect({ host: hostname, port: Number(port), allowHalfOpen: true });
    for (const socket of [client, server]) {
      this.#sockets.add(socket);
      socket.once('close', () => this.#sockets.delete(socket));
    }
    // Either end may be cut: then the other has nobody to talk to.
    for (const [from, to] of [
      [client, server],
      [server, client],
    ] as const) {
      pipeline(from, this.#late(), to).catch(() => {
        from.destroy();
        to.destroy();
      });
    }
  }

  #late(): Transform {
    return new Transform({
      transform: async (chunk, _encoding, done) => {
        // The proxy is the delay.
        if (this.delayMs > 0) await delay(this.delayMs);
        done(null, chunk);
      },
    });
  }
}
