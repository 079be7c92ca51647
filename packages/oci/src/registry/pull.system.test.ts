import assert from 'node:assert/strict';
import { once } from 'node:events';
import { appendFile, mkdir, mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import http from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { freePort } from '../../../../test/support/registry.ts';
import { ContentStore } from '../content-store.ts';
import { digestHex } from '../digest.ts';
import { writeOciLayout } from '../layout-writer.ts';
import { parseReference } from '../reference.ts';
import { startRegistry, type TestRegistry, testUser } from '../testing/registry.ts';
import { type PullProgress, type PullRequest, pullImage } from './pull.ts';
import { TokenCache } from './token-cache.ts';

let dir = '';
let layout = '';
let registry: TestRegistry;
let locked: TestRegistry;

before(async () => {
  dir = await mkdtemp(join(tmpdir(), 'oci-pull-'));
  layout = join(dir, 'layout');
  const big = Buffer.alloc(3_000_000, 'berth');
  await writeOciLayout({
    dir: layout,
    name: 'test',
    compression: 'none',
    layers: [[{ type: 'file', path: 'a', content: big }], [{ type: 'file', path: 'b', content: 'b' }]],
    config: { Cmd: ['/a'] },
  });
  registry = await startRegistry();
  locked = await startRegistry({ requireLogin: true });
  await registry.push(layout, 'test', 'team/test', '1');
  await locked.push(layout, 'test', 'team/test', '1');
});

after(async () => {
  await registry.stop();
  await locked.stop();
  await rm(dir, { recursive: true });
});

let stores = 0;
const newStore = () => ContentStore.open(join(dir, `store-${stores++}`));
const pull = async (name: string, options: Partial<PullRequest> = {}) =>
  pullImage({ reference: parseReference(name), store: await newStore(), ...options });

/** A server between a pull and the registry. `answer` handles a request itself by returning true. */
async function proxy(answer: (request: http.IncomingMessage, response: http.ServerResponse) => boolean) {
  const paths: string[] = [];
  const server = http.createServer((request, response) => {
    paths.push(`${request.url}`);
    if (answer(request, response)) return;
    const [host, port] = registry.address.split(':');
    const headers = { ...request.headers, host: registry.address };
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
async function hostsFile(name: string, text: string): Promise<string> {
  const hostsDir = await mkdtemp(join(dir, 'certs-'));
  await mkdir(join(hostsDir, name));
  await writeFile(join(hostsDir, name, 'hosts.toml'), text);
  return hostsDir;
}

test('an image is pulled whole, and a second pull downloads nothing', async () => {
  const store = await newStore();
  const events: PullProgress[] = [];
  const image = await pull(`${registry.address}/team/test:1`, {
    store,
    onProgress: (event) => events.push(event),
  });
  assert.equal(image.digest, image.manifestDigest);
  assert.deepEqual(image.config.config.Cmd, ['/a']);
  assert.equal(image.layers.length, 2);
  for (const { descriptor } of image.layers)
    assert.equal(await store.size(descriptor.digest), descriptor.size);
  assert.deepEqual(await readdir(join(store.dir, 'ingest')), []);
  assert.equal(events.filter(({ kind }) => kind === 'downloaded').length, 2);
  events.length = 0;
  const again = await pull(`${registry.address}/team/test@${image.digest}`, {
    store,
    onProgress: (event) => events.push(event),
  });
  assert.equal(again.configDigest, image.configDigest);
  assert.deepEqual(
    events.map(({ kind }) => kind),
    ['resolved', 'present', 'present'],
  );
});

test('concurrent pulls of one image download each blob once', async () => {
  await using counted = await proxy(() => false);
  const store = await newStore();
  await Promise.all([1, 2, 3].map(() => pull(`${counted.address}/team/test:1`, { store })));
  const blobs = counted.paths.filter((path) => path.includes('/blobs/'));
  const layers = (await pull(`${counted.address}/team/test:1`, { store })).layers;
  for (const { descriptor } of layers) {
    assert.equal(blobs.filter((path) => path.includes(descriptor.digest)).length, 1);
  }
});

test('a broken download goes on where it stopped', async () => {
  let cuts = 0;
  const ranges: (string | undefined)[] = [];
  await using flaky = await proxy((request, response) => {
    if (!request.url?.includes('/blobs/')) return false;
    ranges.push(request.headers.range);
    if (cuts >= 2 || request.headers.range !== undefined) return false;
    cuts++;
    response.writeHead(503, { 'retry-after': '0' }).end();
    return true;
  });
  const store = await newStore();
  const wanted = await pull(`${registry.address}/team/test:1`);
  const [layer] = wanted.layers;
  assert(layer);
  const { digest } = layer.descriptor;
  const content = await readFile(join(layout, 'blobs/sha256', digestHex(digest)));
  await writeFile(join(store.dir, 'ingest', `sha256-${digestHex(digest)}`), content.subarray(0, 1_000_000));
  await pull(`${flaky.address}/team/test:1`, { store });
  assert(ranges.includes('bytes=1000000-'), `ranges: ${ranges}`);
  assert.equal(cuts, 2);
  assert.deepEqual(await store.read(digest), content);
});

test('a connection cut in the middle of a blob is resumed', async () => {
  let cut = false;
  await using flaky = await proxy((request, response) => {
    if (cut || !request.url?.includes('/blobs/') || request.headers.range) return false;
    const digest = request.url.split('/').at(-1)?.slice(7) ?? '';
    void readFile(join(layout, 'blobs/sha256', digest)).then((content) => {
      response.writeHead(200, { 'content-length': content.length });
      if (content.length < 1_000_000) return response.end(content);
      cut = true;
      response.write(content.subarray(0, 500_000), () => response.destroy());
    });
    return true;
  });
  const store = await newStore();
  const image = await pull(`${flaky.address}/team/test:1`, { store });
  assert.equal(cut, true);
  for (const { descriptor } of image.layers) await store.read(descriptor.digest);
});

test('a damaged partial blob is thrown away and fetched anew', async () => {
  const store = await newStore();
  const [layer] = (await pull(`${registry.address}/team/test:1`)).layers;
  assert(layer);
  const path = join(store.dir, 'ingest', `sha256-${digestHex(layer.descriptor.digest)}`);
  await writeFile(path, 'not what the blob starts with');
  await pull(`${registry.address}/team/test:1`, { store });
  await store.read(layer.descriptor.digest);
  await appendFile(path, Buffer.alloc(4_000_000));
  await store.remove(layer.descriptor.digest);
  await pull(`${registry.address}/team/test:1`, { store });
  await store.read(layer.descriptor.digest);
});

test('content that is not what was asked for is refused', async () => {
  await using liar = await proxy((request, response) => {
    if (!request.url?.includes('/blobs/')) return false;
    const digest = request.url.split('/').at(-1)?.slice(7) ?? '';
    void readFile(join(layout, 'blobs/sha256', digest)).then((content) => {
      if (content.length < 1_000_000) return response.end(content);
      content[700_000] = 1;
      response.end(content);
    });
    return true;
  });
  const store = await newStore();
  await assert.rejects(
    pull(`${liar.address}/team/test:1`, { store }),
    /^PullError: failed to pull ".*\/team\/test:1": digest mismatch of blob: expected sha256:.*, got sha256:/,
  );
  const blobs = await store.list();
  assert.equal(
    (await Promise.all(blobs.map((digest) => store.size(digest)))).some((size) => (size ?? 0) > 1_000_000),
    false,
  );
  await using bloated = await proxy((request, response) => {
    if (!request.url?.includes('/manifests/')) return false;
    response.end(Buffer.alloc(5_000_000, ' '));
    return true;
  });
  await assert.rejects(
    pull(`${bloated.address}/team/test:1`),
    /manifests\/1 is larger than the limit of 4194304 bytes/,
  );
  const unwanted = pull(`${registry.address}/team/test:1`, {
    onProgress: ({ kind }) => {
      if (kind === 'resolved') throw new Error('too large');
    },
  });
  await assert.rejects(unwanted, { name: 'PullError', message: /too large/ });
});

test('failures say what and where', async () => {
  const closed = `127.0.0.1:${await freePort()}`;
  const cases: [name: string, options: Partial<PullRequest>, message: RegExp, code: string][] = [
    [
      `${registry.address}/team/test:2`,
      {},
      /failed to pull "127.*\/team\/test:2": 127.*\/v2\/team\/test\/manifests\/2: not found/,
      'not-found',
    ],
    [`${registry.address}/no/such:1`, {}, /not found/, 'not-found'],
    [`${closed}/a:1`, {}, new RegExp(`${closed}: connection refused`), 'unavailable'],
    [
      `${locked.address}/team/test:1`,
      {},
      /unauthorized: authentication required, no credentials/,
      'unauthorized',
    ],
    [
      `${locked.address}/team/test:1`,
      { auth: { username: 'user', password: 'no' } },
      /unauthorized/,
      'unauthorized',
    ],
    [`${registry.address}/team/test@sha256:${'0'.repeat(64)}`, {}, /not found/, 'not-found'],
  ];
  for (const [name, options, message, code] of cases) {
    await assert.rejects(pull(name, options), { name: 'PullError', message, code }, name);
  }
});

test('credentials in each of their forms open a locked registry', async () => {
  const name = `${locked.address}/team/test:1`;
  const auth = Buffer.from(`${testUser.username}:${testUser.password}`).toString('base64');
  for (const config of [testUser, { auth }, { ...testUser, serverAddress: `https://${locked.address}` }]) {
    await pull(name, { auth: config });
  }
  await assert.rejects(
    pull(name, { auth: { ...testUser, serverAddress: 'other.example' } }),
    /no credentials/,
  );
});

test('mirrors are tried in order, and the registry itself at last', async () => {
  const closed = await freePort();
  await using mirror = await proxy(() => false);
  const hosts = `
[host."http://127.0.0.1:${closed}"]
[host."http://${mirror.address}"]
capabilities = ["pull", "resolve"]
header = { x-test = "1" }`;
  await pull('registry.example/team/test:1', { hostsDir: await hostsFile('registry.example', hosts) });
  assert(
    mirror.paths.every((path) => path.endsWith('?ns=registry.example')),
    String(mirror.paths),
  );
  await pull('any.example/team/test:1', { hostsDir: await hostsFile('_default', hosts) });
  mirror.paths.length = 0;
  const server = `server = "http://${registry.address}"\n[host."http://${mirror.address}"]\ncapabilities = ["pull"]`;
  await pull('registry.example/team/test:1', { hostsDir: await hostsFile('registry.example', server) });
  assert(
    mirror.paths.length > 0 && mirror.paths.every((path) => path.includes('/blobs/')),
    String(mirror.paths),
  );
  const missing = pull('registry.example/team/none:1', {
    hostsDir: await hostsFile('registry.example', `server = "http://127.0.0.1:${closed}"${hosts}`),
  });
  await assert.rejects(
    missing,
    /connection refused; .*team\/none\/manifests\/1: not found.*; .*connection refused/,
  );
});

test('a redirect keeps working but takes no credentials along', async () => {
  let leaked: string | undefined;
  await using elsewhere = await proxy((request) => {
    leaked = request.headers.authorization;
    return false;
  });
  await using front = await proxy((request, response) => {
    if (!request.headers.authorization) {
      response.writeHead(401, { 'www-authenticate': 'Basic realm="x"' }).end();
      return true;
    }
    if (!request.url?.includes('/blobs/')) return false;
    response.writeHead(307, { location: `http://${elsewhere.address}${request.url}` }).end();
    return true;
  });
  await pull(`${front.address}/team/test:1`, { auth: testUser });
  assert(elsewhere.paths.length > 0);
  assert.equal(leaked, undefined);
});

test('a token is fetched, kept, and fetched anew when it has run out', async () => {
  let tokens = 0;
  const asked: URL[] = [];
  const shown: (string | undefined)[] = [];
  await using server = await proxy((request, response) => {
    if (request.url?.startsWith('/token')) {
      asked.push(new URL(request.url, 'http://x'));
      shown.push(request.headers.authorization);
      response.end(JSON.stringify({ access_token: `token-${++tokens}` }));
      return true;
    }
    const isExpired = request.url?.includes('/blobs/') && tokens < 2;
    if (request.headers.authorization === `Bearer token-${tokens}` && !isExpired) {
      delete request.headers.authorization;
      return false;
    }
    const challenge = `Bearer realm="http://${request.headers.host}/token",service="test",scope="repository:team/test:pull"`;
    response.writeHead(401, { 'www-authenticate': challenge }).end();
    return true;
  });
  await pull(`${server.address}/team/test:1`, { auth: testUser });
  assert.equal(tokens, 2);
  assert.equal(asked[0]?.search, '?service=test&scope=repository%3Ateam%2Ftest%3Apull');
  assert.match(shown[0] ?? '', /^Basic /);
});

test('an identity token is exchanged by POST, and the token serves the next pull', async () => {
  const bodies: string[] = [];
  await using server = await proxy((request, response) => {
    if (request.url === '/token') {
      assert.equal(request.method, 'POST');
      request.on('data', (chunk) => bodies.push(String(chunk)));
      request.on('end', () => response.end(JSON.stringify({ access_token: 'fresh', expires_in: 600 })));
      return true;
    }
    if (request.headers.authorization === 'Bearer fresh') {
      delete request.headers.authorization;
      return false;
    }
    const challenge = `Bearer realm="http://${request.headers.host}/token",service="s"`;
    response.writeHead(401, { 'www-authenticate': challenge, connection: 'close' }).end();
    return true;
  });
  const tokens = new TokenCache();
  const auth = { identityToken: 'long-lived' };
  await pull(`${server.address}/team/test:1`, { auth, tokens });
  await pull(`${server.address}/team/test:1`, { auth, tokens });
  const scope = 'scope=repository%3Ateam%2Ftest%3Apull';
  const grant = 'grant_type=refresh_token&refresh_token=long-lived&client_id=berth';
  assert.deepEqual(bodies, [`service=s&${scope}&${grant}`]);
});

test('each server is looked up for credentials of its own, and has its own names', async () => {
  const asked: string[] = [];
  const hosts = `[host."http://${locked.address}".rewrite]\n"^lib/(.*)$" = "team/$1"`;
  await pull('registry.example/lib/test:1', {
    hostsDir: await hostsFile('registry.example', hosts),
    auth: async ({ registry, repository }) => {
      asked.push(`${registry}/${repository}`);
      return testUser;
    },
  });
  assert.deepEqual(asked, [`${locked.address}/team/test`]);
});

test('an aborted pull stops at once and leaves only what can be resumed', async () => {
  await using slow = await proxy((request, response) => {
    if (!request.url?.includes('/blobs/')) return false;
    const digest = request.url.split('/').at(-1)?.slice(7) ?? '';
    void readFile(join(layout, 'blobs/sha256', digest)).then((content) => {
      if (content.length < 1_000_000) return response.end(content);
      response.writeHead(200, { 'content-length': content.length });
      response.write(content.subarray(0, 100_000));
    });
    return true;
  });
  const store = await newStore();
  const controller = new AbortController();
  const pulling = pull(`${slow.address}/team/test:1`, {
    store,
    signal: controller.signal,
    onProgress: (event) => {
      if (event.kind === 'downloading' && event.received >= 100_000) controller.abort(new Error('enough'));
    },
  });
  await assert.rejects(pulling, /enough/);
  const [partial, ...others] = await readdir(join(store.dir, 'ingest'));
  assert.equal(others.length, 0);
  assert.match(partial ?? '', /^sha256-/);
  await truncate(join(store.dir, 'ingest', partial ?? ''), 50_000);
  await pull(`${registry.address}/team/test:1`, { store });
});

test('a wrong hosts.toml names file, line and field', async () => {
  const cases: [text: string, message: RegExp][] = [
    ['server = ', /hosts\.toml: line 1: a value is missing/],
    ['sever = "x"', /hosts\.toml: sever: unknown field/],
    ['[host."http://a"]\ncapabilities = ["fly"]', /host\."http:\/\/a"\.capabilities: unknown capability fly/],
    ['[host."http://a"]\nskip_verify = 1', /skip_verify: expected true or false/],
    ['ca = "/no/such/file"\nserver="https://127.0.0.1:1"', /cannot read certificate \/no\/such\/file/],
  ];
  for (const [text, message] of cases) {
    await assert.rejects(pull('a.example/b', { hostsDir: await hostsFile('a.example', text) }), message);
  }
});
