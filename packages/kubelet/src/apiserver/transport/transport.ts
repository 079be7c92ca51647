// The connections to one API server. Opens them when requests need them, and replaces them when keys change.
import { untilAborted } from '@berth/common/abort.ts';
import { type Destination, dial, type TlsMaterial } from './dial.ts';
import { type HttpConnection, type HttpRequest, type HttpResponse, UnprocessedError } from './exchange.ts';
import { Http1Connections } from './http1-connections.ts';
import { Http2Connection } from './http2-connection.ts';

/** How often a request is sent that the server has not begun to work on. */
const maxAttempts = 4;

/** Sends requests to a server, over as few connections as it allows. */
export class Transport {
  readonly #to: Destination;
  readonly #onRotated: () => void;
  #material: TlsMaterial | undefined;
  #connections: HttpConnection[] = [];
  #connecting: Promise<HttpConnection> | undefined;
  #closed: Error | undefined;

  /** @param onRotated told when connections are replaced, because keys have changed */
  constructor(to: Destination, onRotated: () => void) {
    this.#to = to;
    this.#onRotated = onRotated;
  }

  /** Sends a request; `material` is for the handshake, and replaces connections that were made with another one. */
  async send(request: HttpRequest, material: TlsMaterial): Promise<HttpResponse> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#sendOnce(request, material);
      } catch (error) {
        if (!(error instanceof UnprocessedError) || attempt === maxAttempts) throw error;
      }
    }
  }

  /** Closes all connections, and fails what they carry; the next request opens one. */
  reset(reason: Error): void {
    const former = this.#connections;
    this.#connections = [];
    this.#connecting = undefined;
    for (const connection of former) connection.destroy(reason);
  }

  /** Closes all connections for good. */
  close(reason: Error): void {
    this.#closed = reason;
    this.reset(reason);
  }

  async #sendOnce(request: HttpRequest, material: TlsMaterial): Promise<HttpResponse> {
    const { signal } = request;
    this.#rotate(material);
    for (;;) {
      if (this.#closed) throw this.#closed;
      signal.throwIfAborted();
      this.#connections = this.#connections.filter((connection) => !connection.hasEnded());
      const usable = this.#connections.find((connection) => connection.isUsable());
      // Without a wait between, in which other requests would choose it, too.
      if (usable) return await usable.send(request);
      // Shared by all requests that wait: none of them aborts it for the others.
      // Another request may have brought newer keys.
      this.#connecting ??= this.#connect(this.#material ?? material);
      await untilAborted(this.#connecting, signal);
    }
  }

  #rotate(material: TlsMaterial): void {
    const former = this.#material;
    if (former !== undefined && sameMaterial(former, material)) return;
    this.#material = material;
    if (former === undefined) return;
    const connections = this.#connections;
    this.#connections = [];
    this.#connecting = undefined;
    for (const connection of connections) connection.retire();
    this.#onRotated();
  }

  #connect(material: TlsMaterial): Promise<HttpConnection> {
    const connecting = this.#open(material).then(
      (connection) => {
        if (this.#connecting === connecting) {
          this.#connecting = undefined;
          this.#connections.push(connection);
        } else {
          // Meanwhile connections were closed or keys have changed.
          connection.retire();
        }
        return connection;
      },
      (error) => {
        if (this.#connecting === connecting) this.#connecting = undefined;
        throw error;
      },
    );
    // Nobody may be waiting any more.
    connecting.catch(() => {});
    return connecting;
  }

  async #open(material: TlsMaterial): Promise<HttpConnection> {
    const { server } = this.#to;
    const { socket, protocol } = await dial(this.#to, material);
    if (protocol === 'h2') return await Http2Connection.open(socket, server);
    const another = async () => (await dial({ ...this.#to, offersHttp2: false }, material)).socket;
    return new Http1Connections(server, another, socket);
  }
}

function sameMaterial(one: TlsMaterial, other: TlsMaterial): boolean {
  return (
    one.authority === other.authority &&
    one.certificate?.cert === other.certificate?.cert &&
    one.certificate?.key === other.certificate?.key
  );
}
