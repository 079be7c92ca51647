// A client for tests of a cluster: paths in, JSON out, as one user.
import type { ClientRequest } from 'node:http';
import { Agent, request } from 'node:https';
import { ApiError } from '@berth/kubelet/apiserver/api-client.ts';
import { LineSplitter } from '@berth/kubelet/apiserver/watch-lines.ts';
import { patience } from '../machine-speed.ts';
import type { Credentials, Endpoint } from './kubeconfig.ts';

const timeoutMs = patience(60_000);

/** Less than the API server's 90 s, after which a request on the connection would meet its end. */
const idleConnectionMs = 60_000;

const patchTypes = {
  json: 'application/json-patch+json',
  merge: 'application/merge-patch+json',
  strategic: 'application/strategic-merge-patch+json',
  apply: 'application/apply-patch+yaml',
} as const;

/** More than any object that tests make. */
const maxEventBytes = 4 << 20;

/** A line of a watch. */
export interface WatchEvent<T> {
  type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'ERROR';
  object: T;
}

/** What a watch goes on from. */
interface WatchedObject {
  metadata: { resourceVersion: string };
}

/** Who follows a watch. */
export interface WatchListener<T> {
  event(event: WatchEvent<T>): void;
  failed(error: Error): void;
}

/** Requests take paths such as `/api/v1/namespaces/default/pods/web`; an ApiError is what the server refuses. */
export class ClusterClient implements Disposable {
  readonly #server: string;
  readonly #token: string | undefined;
  readonly #agent: Agent;

  constructor({ server, ca }: Endpoint, credentials: Credentials) {
    this.#server = server;
    this.#token = 'token' in credentials ? credentials.token : undefined;
    const own = 'token' in credentials ? {} : { cert: credentials.certificate, key: credentials.key };
    this.#agent = new Agent({ ca, ...own, keepAlive: true, timeout: idleConnectionMs });
  }

  async get<T>(path: string): Promise<T> {
    return (await this.#send('GET', path)) as T;
  }

  /** What `get` returns; undefined when there is no such object. */
  async find<T>(path: string): Promise<T | undefined> {
    try {
      return await this.get<T>(path);
    } catch (error) {
      if (error instanceof ApiError && error.code === 404) return undefined;
      throw error;
    }
  }

  /** The text of a path that answers no JSON, such as `/metrics`. */
  async text(path: string): Promise<string> {
    return await this.#exchange('GET', path);
  }

  async create<T>(path: string, object: object): Promise<T> {
    return (await this.#send('POST', path, object)) as T;
  }

  async replace<T>(path: string, object: object): Promise<T> {
    return (await this.#send('PUT', path, object)) as T;
  }

  async patch<T>(path: string, patch: object, type: keyof typeof patchTypes = 'strategic'): Promise<T> {
    return (await this.#send('PATCH', path, patch, patchTypes[type])) as T;
  }

  async delete(path: string, options: object = {}): Promise<void> {
    await this.#send('DELETE', path, options);
  }

  /**
   * Watches a list from `resourceVersion` on until it is disposed of, over as many connections as the server ends. Its
   * listener's `failed` is told when the server does not go on where it ended.
   *
   * @param query e.g. `fieldSelector=spec.nodeName=one`
   */
  async watch<T extends WatchedObject>(
    path: string,
    query: string,
    resourceVersion: string,
    { event, failed }: WatchListener<T>,
  ): Promise<Disposable> {
    let newest = resourceVersion;
    let connection: ClientRequest | undefined;
    let isDisposed = false;
    const take = (line: string) => {
      const told = JSON.parse(line) as WatchEvent<T>;
      if (told.type === 'ERROR') return failed(new Error(`watch of ${path}: ${line}`));
      newest = told.object.metadata.resourceVersion;
      event(told);
    };
    const goOn = () => {
      if (!isDisposed) void connect().catch(failed);
    };
    const connect = async () => {
      const url = `${this.#server}${path}?${query}&watch=true&resourceVersion=${newest}`;
      const headers = { Accept: 'application/json', ...this.#authorization() };
      const sent = request(url, { headers, agent: this.#agent });
      connection = sent;
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      sent.on('error', reject);
      sent.on('response', (response) => {
        if (response.statusCode !== 200) {
          response.resume();
          reject(new Error(`watch of ${path}: ${response.statusCode}`));
          return;
        }
        const lines = new LineSplitter(maxEventBytes);
        response.on('data', (chunk: Buffer) => lines.push(chunk).forEach(take));
        response.on('error', () => {});
        response.on('close', goOn);
        resolve();
      });
      sent.end();
      await promise;
    };
    await connect();
    return {
      [Symbol.dispose]: () => {
        isDisposed = true;
        connection?.destroy();
      },
    };
  }

  /** Closes its connections. */
  [Symbol.dispose](): void {
    this.#agent.destroy();
  }

  #authorization(): Record<string, string> {
    return this.#token === undefined ? {} : { Authorization: `Bearer ${this.#token}` };
  }

  async #send(method: string, path: string, body?: object, type?: string): Promise<unknown> {
    return JSON.parse(await this.#exchange(method, path, body, type)) as unknown;
  }

  #exchange(method: string, path: string, body?: object, type = 'application/json'): Promise<string> {
    const content = body === undefined ? undefined : Buffer.from(JSON.stringify(body));
    const headers = {
      Accept: 'application/json, */*',
      ...this.#authorization(),
      // Node.js gives a DELETE no length by itself.
      ...(content === undefined ? {} : { 'Content-Type': type, 'Content-Length': content.length }),
    };
    return new Promise((resolve, reject) => {
      const sent = request(
        `${this.#server}${path}`,
        { method, headers, agent: this.#agent, timeout: timeoutMs },
        async (response) => {
          try {
            const text = Buffer.concat(await response.toArray()).toString();
            const { statusCode = 0 } = response;
            if (statusCode < 400) resolve(text);
            else reject(refusal(`${method} ${path}`, statusCode, text));
          } catch (error) {
            reject(error);
          }
        },
      );
      sent.on('timeout', () => sent.destroy(new Error(`${method} ${path}: no answer in ${timeoutMs} ms`)));
      sent.on('error', reject);
      sent.end(content);
    });
  }
}

function refusal(what: string, code: number, text: string): ApiError {
  try {
    const status = JSON.parse(text) as { message?: string };
    return new ApiError({ ...status, message: `${what}: ${status.message}` }, code);
  } catch {
    return new ApiError({ message: `${what}: ${code} ${text.slice(0, 1000)}` }, code);
  }
}
