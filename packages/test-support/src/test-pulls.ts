// One small image in two registries, an open one and one that wants a login, and what tests of pulls put in between.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import http from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeOciLayout } from '@berth/oci/archive/layout-writer.ts';
import { ContentStore } from '@berth/oci/content/store.ts';
import { parseReference } from '@berth/oci/reference/reference.ts';
import { type PullRequest, pullImage } from '@berth/oci/registry/pull.ts';
import { startRegistry, type TestRegistry } from './image-registry.ts';

export class TestPulls implements AsyncDisposable {
  /** A folder for the test's files. */
  readonly dir: string;
  /** The OCI layout of the image `team/test:1`. */
  readonly layout: string;
  readonly registry: TestRegistry;
  readonly locked: TestRegistry;
  #stores = 0;

  private constructor(dir: string, layout: string, registry: TestRegistry, locked: TestRegistry) {
    this.dir = dir;
    this.layout = layout;
    this.registry = registry;
    this.locked = locked;
  }

  static async start(): Promise<TestPulls> {
    const dir = await mkdtemp(join(tmpdir(), 'oci-pull-'));
    const layout = join(dir, 'layout');
    const big = Buffer.alloc(3_000_000, 'berth');
    await writeOciLayout({
      dir: layout,
      name: 'test',
      compression: 'none',
      layers: [[{ type: 'file', path: 'a', content: big }], [{ type: 'file', path: 'b', content: 'b' }]],
      config: { Cmd: ['/a'] },
    });
    const registry = await startRegistry();
    const locked = await startRegistry({ requireLogin: true });
    await registry.push(layout, 'test', 'team/test', '1');
    await locked.push(layout, 'test', 'team/test', '1');
    return new TestPulls(dir, layout, registry, locked);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.registry.stop();
    await this.locked.stop();
    await rm(this.dir, { recursive: true });
  }

  newStore(): Promise<ContentStore> {
    return ContentStore.open(join(this.dir, `store-${this.#stores++}`));
  }

  /** Pulls into an empty store unless the options name another. */
  async pull(name: string, options: Partial<PullRequest> = {}) {
    return pullImage({ reference: parseReference(name), store: await this.newStore(), ...options });
  }

  /** A server between a pull and the registry. `answer` handles a request itself by returning true. */
  async proxy(answer: (request: http.IncomingMessage, response: http.ServerResponse) => boolean) {
    const paths: string[] = [];
    const server = http.createServer((request, response) => {
      paths.push(`${request.url}`);
      if (answer(request, response)) return;
      const [host, port] = this.registry.address.split(':');
      const headers = { ...request.headers, host: this.registry.address };
      const onward = http.request(
        { host, port, path: request.url, method: request.method, headers },
        (from) => {
          response.writeHead(from.statusCode ?? 500, from.headers);
          from.pipe(response);
        },
      );
      request.pipe(onward);
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    assert(address !== null && typeof address === 'object');
    const close = async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    };
    return { address: `127.0.0.1:${address.port}`, paths, [Symbol.asyncDispose]: close };
  }

  /** Writes a hosts.toml for the registry `name` and returns the certs.d directory. */
  async hostsFile(name: string, text: string): Promise<string> {
    const hostsDir = await mkdtemp(join(this.dir, 'certs-'));
    await mkdir(join(hostsDir, name));
    await writeFile(join(hostsDir, name, 'hosts.toml'), text);
    return hostsDir;
  }
}
