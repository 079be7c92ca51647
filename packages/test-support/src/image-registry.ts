// Runs Docker's registry for tests that pull, with or without login.
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { JsonCursor } from '@berth/common/json/cursor.ts';
import { type Descriptor, parseDescriptor } from '@berth/oci/image-spec/descriptor.ts';
import { digestHex } from '@berth/oci/image-spec/digest.ts';
import { parseManifest } from '@berth/oci/image-spec/manifest.ts';
import { startRegistry as startEmptyRegistry } from './registry.ts';
import { scratchDir } from './scratch.ts';

/** A real registry (the distribution's docker-registry) on a loopback port, for tests. */
export interface TestRegistry {
  /** `127.0.0.1:PORT`. */
  address: string;
  /** Copies the image called `name` in an OCI layout to `repository:tag`. */
  push(layout: string, name: string, repository: string, tag: string): Promise<Descriptor>;
  stop(): Promise<void>;
}

/** The user of a registry that was started with `requireLogin`; the hash is bcrypt of the password. */
export const testUser = { username: 'user', password: 'secret' };
/** The same, for docker-registry. */
export const htpasswd = 'user:$2b$04$XQLVKrhQfGwImhHEGI6dVe9R9VWG9xOKU.PyqDoGjYTYg2EFXMDDi\n';

/** Starts a registry with storage of its own. */
export async function startRegistry(options: { requireLogin?: boolean } = {}): Promise<TestRegistry> {
  const dir = scratchDir('oci-registry');
  try {
    const users = join(dir.path, 'htpasswd');
    await writeFile(users, htpasswd);
    const registry = await startEmptyRegistry(dir.path, options.requireLogin ? { htpasswd: users } : {});
    const { host: address } = registry;
    return {
      address,
      push: (layout, name, repository, tag) => pushImage(address, { layout, name, repository, tag }),
      stop: async () => {
        await registry.stop('SIGKILL');
        dir[Symbol.dispose]();
      },
    };
  } catch (error) {
    dir[Symbol.dispose]();
    throw error;
  }
}

/** Copies the image called `name` in an OCI layout to `repository:tag` of the registry at `address`. */
export async function pushImage(
  address: string,
  { layout, name, repository, tag }: { layout: string; name: string; repository: string; tag: string },
): Promise<Descriptor> {
  const base = `http://${address}/v2/${repository}`;
  const index = JsonCursor.parse(await readFile(join(layout, 'index.json')), 'index.json');
  const top = index
    .field('manifests')
    .array()
    .map(parseDescriptor)
    .find(({ annotations }) => annotations?.['org.opencontainers.image.ref.name'] === name);
  if (!top) throw new Error(`${layout} has no image ${name}`);
  const read = (descriptor: Descriptor) =>
    readFile(join(layout, 'blobs/sha256', digestHex(descriptor.digest)));
  const content = await read(top);
  const manifest = parseManifest(content, top.mediaType);
  if (manifest.kind === 'index') throw new Error('push wants a manifest');
  for (const blob of [manifest.config, ...manifest.layers]) {
    const upload = await request(`${base}/blobs/uploads/`, { method: 'POST' });
    const url = new URL(upload.headers.get('location') ?? '');
    url.searchParams.set('digest', blob.digest);
    await request(url, {
      method: 'PUT',
      body: await read(blob),
      headers: { 'content-type': 'application/octet-stream' },
    });
  }
  await request(`${base}/manifests/${tag}`, {
    method: 'PUT',
    body: content,
    headers: { 'content-type': manifest.mediaType },
  });
  return top;
}

async function request(
  url: string | URL,
  init: { method: string; body?: Buffer; headers?: Record<string, string> },
): Promise<Response> {
  const authorization = `Basic ${btoa(`${testUser.username}:${testUser.password}`)}`;
  const { body, ...rest } = init;
  const response = await fetch(url, {
    ...rest,
    ...(body && { body: new Uint8Array(body) }),
    headers: { ...init.headers, authorization },
  });
  if (!response.ok) throw new Error(`${init.method} ${url}: ${response.status} ${await response.text()}`);
  return response;
}
