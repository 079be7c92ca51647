// A server of static pods for staticPodURL that fails now and then: an error, a connection that ends, half an answer.
import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import { seededRandom } from '@berth/test-support/fuzz.ts';

/** The server, and the pods that it has. */
export class ManifestUrl {
  readonly #pods = new Map<string, object>();
  readonly #random: (bound: number) => number;
  readonly #server = createServer((_request, response) => this.#answer(response));
  #url = '';

  constructor(seed: number) {
    this.#random = seededRandom(seed);
  }

  /** Listens on a free port of 127.0.0.1. */
  async listen(): Promise<void> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    const address = this.#server.address();
    if (typeof address === 'object' && address) this.#url = `http://127.0.0.1:${address.port}/pods`;
  }

  get url(): string {
    return this.#url;
  }

  /** Adds pods, or sets new versions of them. */
  put(name: string, [pod]: readonly object[]): void {
    if (pod) this.#pods.set(name, pod);
  }

  remove(name: string): void {
    this.#pods.delete(name);
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  #answer(response: ServerResponse): void {
    const list = { apiVersion: 'v1', kind: 'PodList', items: [...this.#pods.values()] };
    const body = JSON.stringify(list);
    switch (this.#random(8)) {
      case 0:
        response.writeHead(500).end('not now');
        break;
      case 1:
        response.destroy();
        break;
      case 2:
        response.writeHead(200, { 'content-length': body.length });
        response.write(body.slice(0, body.length / 2), () => response.destroy());
        break;
      default:
        response.writeHead(200, { 'content-type': 'application/json' }).end(body);
    }
  }
}
