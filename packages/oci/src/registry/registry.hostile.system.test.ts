// Pulls from registries that mean harm: whatever they answer, the pull ends soon with an error that says what
// was wrong, and the store holds nothing that was not verified.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import http from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { ContentStore, maxDocumentSize } from '../content/store.ts';
import { digestHex, digestOf } from '../image-spec/digest.ts';
import { mediaTypes } from '../image-spec/media-types.ts';
import { parseReference } from '../reference/reference.ts';
import type { Timeouts } from './http/http.ts';
import { pullImage } from './pull.ts';

type Handler = (request: http.IncomingMessage, response: http.ServerResponse) => void;

let dir = '';
before(async () => {
  dir = await mkdtemp(join(tmpdir(), 'oci-hostile-'));
});
after(() => rm(dir, { recursive: true }));

/** A registry that serves blobs and manifests by digest, `latest`, and what `handlers` say for other paths. */
async function registry(handlers: Record<string, Handler>) {
  const contents = new Map<string, Buffer>();
  const server = http.createServer((request, response) => {
    const name = request.url?.split('/').at(-1)?.split('?')[0] ?? '';
    const handler = handlers[name];
    const content = contents.get(name);
    if (handler) handler(request, response);
    else if (content) response.end(content);
    else response.writeHead(404).end();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  assert(address !== null && typeof address === 'object');
  const store = await ContentStore.open(await mkdtemp(join(dir, 'store-')));
  return {
    store,
    /** Serves content under its digest and returns a descriptor of it. */
    add(content: Buffer | object | string, mediaType: string = mediaTypes.ociManifest) {
      const bytes = Buffer.isBuffer(content) ? content : Buffer.from(text(content));
      const digest = digestOf(bytes);
      contents.set(digest, bytes);
      return { mediaType, digest, size: bytes.length };
    },
    serve: (name: string, content: object | string) => contents.set(name, Buffer.from(text(content))),
    pull: (timeouts: Partial<Timeouts> = {}, isKnown = () => false) =>
      pullImage({
        timeouts,
        isKnown,
        reference: parseReference(`127.0.0.1:${address.port}/evil`),
        store,
        signal: AbortSignal.timeout(10_000),
      }),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      assert.deepEqual(await readdir(join(store.dir, 'ingest')), []);
      for (const digest of await store.list()) {
        assert.equal(digestOf(await readFile(store.path(digest))), digest);
      }
    },
  };
}

const text = (content: object | string) => (typeof content === 'string' ? content : JSON.stringify(content));

const config = (diffIds: string[]) => ({
  os: 'linux',
  architecture: process.arch === 'x64' ? 'amd64' : process.arch,
  rootfs: { type: 'layers', diff_ids: diffIds },
});

/** Answers without end, as fast as the other side reads; gives back how much it took. */
function endless(status = 200): { handler: Handler; sent: () => number } {
  const chunk = Buffer.alloc(64 * 1024, ' ');
  let sent = 0;
  const handler: Handler = (_, response) => {
    response.writeHead(status);
    const more = () => {
      while (!response.destroyed && response.write(chunk)) sent += chunk.length;
    };
    response.on('drain', more);
    more();
  };
  return { handler, sent: () => sent };
}

test('redirects lead to http and https only, and not round and round', async () => {
  const cases: [location: string, message: RegExp][] = [
    ['file:///etc/passwd', /refusing its redirect to file:\/\/\/etc\/passwd/],
    ['ftp://127.0.0.1/x', /refusing its redirect to ftp:/],
    ['data:application/json,{}', /refusing its redirect to data:/],
    ['http://169.254.169.254/latest/meta-data', /refusing to go on to 169\.254\.169\.254/],
    ['https://[fe80::1]/', /refusing to go on to \[fe80::1\]/],
    ['http://[', /refusing its redirect to http:\/\/\[/],
    ['latest', /more than 9 redirects/],
  ];
  for (const [location, message] of cases) {
    await using evil = await registry({
      latest: (_, response) => response.writeHead(302, { location }).end(),
    });
    await assert.rejects(evil.pull(), { name: 'PullError', message }, location);
  }
});

test('a token server is asked by http and https only', async () => {
  for (const realm of ['file:///etc/passwd', 'ftp://127.0.0.1/', 'unix:/run/x.sock']) {
    await using evil = await registry({
      latest: (_, response) =>
        response.writeHead(401, { 'www-authenticate': `Bearer realm="${realm}",service="x"` }).end(),
    });
    await assert.rejects(evil.pull(), /refusing its token server/, realm);
  }
});

test('a token server is not on the link, whatever the registry says', async () => {
  await using evil = await registry({
    latest: (_, response) =>
      response
        .writeHead(401, {
          'www-authenticate': 'Bearer realm="http://169.254.169.254/x"',
          connection: 'close',
        })
        .end(),
  });
  await assert.rejects(evil.pull(), { name: 'PullError', message: /refusing (its token server|to go on)/ });
});

test('a server that trickles is given up', async () => {
  /** Never nothing for long, and never much. */
  const trickle: Handler = (_, response) => {
    response.writeHead(200);
    const timer = setInterval(() => response.write(' '), 20);
    response.on('close', () => clearInterval(timer));
  };
  const timeouts = { headers: 300, window: 150 };
  await using slow = await registry({ latest: trickle });
  await assert.rejects(slow.pull(timeouts), { name: 'PullError', message: /less than 1024 bytes\/s/ });
  await using silent = await registry({ latest: () => {} });
  await assert.rejects(silent.pull(timeouts), { name: 'PullError', message: /no answer for 0\.3 s/ });
});

test('answers without end are cut off', async () => {
  const body = endless();
  const refusal = endless(403);
  const challenge: Handler = (request, response) =>
    response
      .writeHead(401, { 'www-authenticate': `Bearer realm="http://${request.headers.host}/token"` })
      .end();
  const cases: [what: string, handlers: Record<string, Handler>, message: RegExp][] = [
    ['manifest', { latest: body.handler }, /manifests\/latest is larger than the limit of 4194304 bytes/],
    ['token', { latest: challenge, token: body.handler }, /is larger than the limit of 262144 bytes/],
    ['error', { latest: refusal.handler }, /error answer of .* is larger than the limit of 65536 bytes/],
  ];
  for (const [what, handlers, message] of cases) {
    await using evil = await registry(handlers);
    await assert.rejects(evil.pull(), { name: 'PullError', message }, what);
  }
  // What the sockets on both sides buffer comes on top.
  assert(body.sent() + refusal.sent() < 6 * 1024 * 1024 + 10 * 1024 * 1024);
});

test('layers have the size that their manifest says', async () => {
  const content = Buffer.alloc(1000, 'x');
  for (const [size, message] of [
    [999, /blob sha256:.* is larger than its descriptor's 999 bytes/],
    [1001, /blob sha256:.* ended after 1000 of 1001 bytes/],
  ] as const) {
    await using evil = await registry({});
    const layer = { ...evil.add(content, mediaTypes.ociLayer), size };
    evil.serve('latest', { config: evil.add(config([layer.digest]), mediaTypes.ociConfig), layers: [layer] });
    await assert.rejects(evil.pull(), { name: 'PullError', message });
    await rm(join(evil.store.dir, 'ingest', `sha256-${digestHex(layer.digest)}`), { force: true });
  }
  await using evil = await registry({});
  const layer = evil.add(content, mediaTypes.ociLayer);
  const stream = endless();
  await using flood = await registry({ [layer.digest]: stream.handler });
  flood.serve('latest', { config: flood.add(config([layer.digest]), mediaTypes.ociConfig), layers: [layer] });
  await assert.rejects(flood.pull(), /is larger than its descriptor's 1000 bytes/);
});

test('documents are what their descriptors say, and small', async () => {
  const huge = Buffer.alloc(maxDocumentSize + 1, ' ');
  const diffId = digestOf('layer');
  const layer = { mediaType: mediaTypes.ociLayer, digest: diffId, size: 5 };
  type Evil = Awaited<ReturnType<typeof registry>>;
  const cases: [what: string, manifest: (evil: Evil) => object | string, message: RegExp][] = [
    [
      'large config',
      (it) => ({ config: it.add(huge, mediaTypes.ociConfig), layers: [] }),
      /of 4194305 bytes; the limit is 4194304/,
    ],
    [
      'large config with a small descriptor',
      (it) => ({ config: { ...it.add(huge, mediaTypes.ociConfig), size: 2 }, layers: [] }),
      /is larger than the limit of 4194304 bytes/,
    ],
    [
      'config of another size',
      (it) => ({ config: { ...it.add(config([]), mediaTypes.ociConfig), size: 2 }, layers: [] }),
      /has \d+ bytes, but its descriptor says 2/,
    ],
    [
      'config of another digest',
      (it) => {
        it.serve(diffId, config([]));
        return { config: { digest: diffId, size: text(config([])).length }, layers: [] };
      },
      /digest mismatch of blobs\/sha256:.*: expected/,
    ],
    [
      'manifest of another size',
      (it) => ({
        manifests: [{ ...it.add({ config: it.add(config([]), mediaTypes.ociConfig), layers: [] }), size: 1 }],
      }),
      /manifests\/sha256:.* has \d+ bytes, but its descriptor says 1/,
    ],
    [
      'layers without diff ids',
      (it) => ({ config: it.add(config([]), mediaTypes.ociConfig), layers: [layer] }),
      /manifest has 1 layers, but the image config's rootfs\.diff_ids has 0/,
    ],
    [
      'more layers than can be mounted',
      (it) => ({
        config: it.add(config(Array(501).fill(diffId)), mediaTypes.ociConfig),
        layers: Array(501).fill(layer),
      }),
      /image of 501 layers; overlayfs stacks at most 500/,
    ],
    [
      'nested JSON',
      () => '['.repeat(100_000) + ']'.repeat(100_000),
      /manifest: expected an object, got \[\[/,
    ],
    [
      'indexes of indexes',
      (it) => {
        let index: object = { config: it.add(config([]), mediaTypes.ociConfig), layers: [] };
        for (let depth = 0; depth < 5; depth++) {
          const mediaType = depth === 0 ? mediaTypes.ociManifest : mediaTypes.ociIndex;
          index = { mediaType: mediaTypes.ociIndex, manifests: [it.add(index, mediaType)] };
        }
        return index;
      },
      /image indexes are nested too deep/,
    ],
  ];
  for (const [what, manifest, message] of cases) {
    await using evil = await registry({});
    evil.serve('latest', manifest(evil));
    await assert.rejects(evil.pull(), { name: 'PullError', message }, what);
  }
});

test('a manifest cannot have a large blob of the store read into memory', async () => {
  await using evil = await registry({});
  const big = Buffer.alloc(maxDocumentSize + 1, ' ');
  const digest = await evil.store.put(big);
  evil.serve('latest', { config: { digest, size: 2 }, layers: [] });
  await assert.rejects(evil.pull(), /not found/);
  await assert.rejects(
    evil.pull({}, () => true),
    /is no manifest or image config: 4194305 bytes; the limit is 4194304/,
  );
});

test('ambiguous documents are refused wherever a registry has them (CVE-2021-41190)', async () => {
  const { ociIndex, ociManifest, dockerManifest } = mediaTypes;
  const say =
    (type: string, document: object): Handler =>
    (_, response) =>
      response.writeHead(200, { 'content-type': type }).end(JSON.stringify(document));
  const empty = (it: Awaited<ReturnType<typeof registry>>) => ({
    config: it.add(config([]), mediaTypes.ociConfig),
    layers: [],
  });
  const cases: ((it: Awaited<ReturnType<typeof registry>>) => { type: string; document: object })[] = [
    (it) => ({ type: 'text/plain', document: { ...empty(it), manifests: [] } }),
    (it) => ({ type: ociIndex, document: { ...empty(it), manifests: [it.add(empty(it))] } }),
    (it) => ({ type: ociIndex, document: empty(it) }),
    (it) => ({ type: dockerManifest, document: { ...empty(it), mediaType: ociManifest } }),
    (it) => ({ type: ociIndex, document: { manifests: [it.add({ ...empty(it), manifests: [] })] } }),
    (it) => ({
      type: ociIndex,
      document: { manifests: [it.add({ ...empty(it), mediaType: ociManifest }, dockerManifest)] },
    }),
    (it) => ({ type: ociIndex, document: { manifests: [it.add({ manifests: [] }, ociManifest)] } }),
    (it) => ({
      type: ociManifest,
      document: {
        config: it.add('{"rootfs":{"type":"layers"},"rootfs":{}}', mediaTypes.ociConfig),
        layers: [],
      },
    }),
  ];
  for (const [index, make] of cases.entries()) {
    const handlers: Record<string, Handler> = {};
    await using evil = await registry(handlers);
    const { type, document } = make(evil);
    handlers['latest'] = say(type, document);
    await assert.rejects(evil.pull(), { name: 'PullError', message: /: ambiguous: / }, `case ${index}`);
    await assert.rejects(
      evil.pull({}, () => true),
      /: ambiguous: /,
      `case ${index}, again`,
    );
  }
  for (const type of ['', 'text/plain', 'application/octet-stream', `${ociManifest}; charset=utf-8`]) {
    const handlers: Record<string, Handler> = {};
    await using honest = await registry(handlers);
    handlers['latest'] = say(type, empty(honest));
    await honest.pull();
  }
});

test('a header that names another digest than the content has', async () => {
  await using evil = await registry({
    latest: (_, response) =>
      response.writeHead(200, { 'docker-content-digest': digestOf('other') }).end('{"layers":[]}'),
  });
  await assert.rejects(evil.pull(), /digest mismatch of manifests\/latest/);
});
