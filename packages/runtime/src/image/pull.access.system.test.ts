// Who may have an image that is here already: the registry is asked each time, with the credentials of the request.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import http from 'node:http';
import { after, before, test } from 'node:test';
import { ImageStatusRequest, PullImageRequest } from '@berth/cri/generated/api.ts';
import type { AuthConfig } from '@berth/oci/registry/auth/credentials.ts';
import { startRegistry, type TestRegistry, testUser } from '@berth/test-support/image-registry.ts';
import { call, type TestImageStore, TestImages } from '../testing/test-images.ts';

type Auth = AuthConfig;

let images: TestImages;
let locked: TestRegistry;
let digest: string;
before(async () => {
  images = await TestImages.start();
  locked = await startRegistry({ requireLogin: true });
  ({ digest } = await locked.push(images.layout, 'one', 'one', '1'));
});
after(async () => {
  await locked.stop();
  await images[Symbol.asyncDispose]();
});

const pull = (store: TestImageStore, image: string, auth?: Auth) =>
  store.handlers.pullImage(PullImageRequest.fromPartial({ image: { image }, ...(auth && { auth }) }), call);

/** What a request may have in place of the right credentials. */
const wrong: (Auth | undefined)[] = [
  undefined,
  {},
  { ...testUser, password: 'wrong' },
  { username: 'other', password: testUser.password },
  { ...testUser, serverAddress: 'other.example' },
  { registryToken: 'foreign' },
];

test('an image that is here is pulled by digest or tag with credentials of its registry only', async () => {
  const store = await images.open();
  const byDigest = `${locked.address}/one@${digest}`;
  const { imageRef } = await pull(store, `${locked.address}/one:1`, testUser);
  for (const name of [byDigest, `${locked.address}/one:1`, `${locked.address}/one:2@${digest}`]) {
    for (const auth of wrong) {
      await assert.rejects(pull(store, name, auth), /unauthorized/, `${name} ${JSON.stringify(auth)}`);
    }
  }
  assert.equal((await pull(store, byDigest, testUser)).imageRef, imageRef);
  const fresh = await images.open(store.root);
  await assert.rejects(pull(fresh, byDigest, { ...testUser, password: 'wrong' }), /unauthorized/);
  const status = ImageStatusRequest.fromPartial({ image: { image: byDigest } });
  assert.equal((await fresh.handlers.imageStatus(status, call)).image?.id, imageRef);
});

test('a pull with wrong credentials does not share one with the right ones', async () => {
  const store = await images.open();
  const name = `${locked.address}/one@${digest}`;
  const [right, ...others] = await Promise.allSettled([
    pull(store, name, testUser),
    ...wrong.map((auth) => pull(store, name, auth)),
  ]);
  assert.equal(right?.status, 'fulfilled');
  assert.deepEqual(
    others.map((result) => result.status === 'rejected' && /unauthorized/.test(String(result.reason))),
    wrong.map(() => true),
  );
});

test('an image that is here is not pulled from a registry that cannot be reached', async () => {
  const store = await images.open();
  const gone = await startRegistry();
  try {
    await gone.push(images.layout, 'one', 'one', '1');
    await pull(store, `${gone.address}/one:1`);
  } finally {
    await gone.stop();
  }
  for (const name of [`${gone.address}/one@${digest}`, `${gone.address}/one:1`]) {
    await assert.rejects(pull(store, name), /connection refused/);
  }
});

/** A registry whose documents others have: it answers `status` to HEAD, and only `documents` to GET. */
async function emptyRegistry(documents: Record<string, string> = {}, status = 200) {
  const asked: string[] = [];
  const server = http.createServer((request, response) => {
    asked.push(`${request.method} ${request.url?.split('/').at(-2)}`);
    const content = documents[request.url?.split('/').at(-1) ?? ''];
    if (request.method === 'HEAD') response.writeHead(status).end();
    else if (content === undefined) response.writeHead(404).end();
    else response.end(content);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  assert.ok(address !== null && typeof address === 'object');
  return {
    address: `127.0.0.1:${address.port}`,
    asked,
    [Symbol.dispose]() {
      server.closeAllConnections();
      server.close();
    },
  };
}

test('another registry does not get an image that is here by naming its digests', async () => {
  const store = await images.open();
  await pull(store, `${locked.address}/one:1`, testUser);
  using empty = await emptyRegistry();
  await assert.rejects(pull(store, `${empty.address}/any@${digest}`), /not found/);
  const id = (await pull(store, `${locked.address}/one:1`, testUser)).imageRef ?? '';
  const mediaType = 'application/vnd.oci.image.config.v1+json';
  const manifest = { schemaVersion: 2, config: { mediaType, digest: id, size: 1 }, layers: [] };
  using thief = await emptyRegistry({ latest: JSON.stringify(manifest) });
  await assert.rejects(pull(store, `${thief.address}/any`), /not found/);
  assert.deepEqual(thief.asked, ['GET manifests', 'GET blobs']);
});

test('an image that is here costs a HEAD, and a GET where the registry knows none', async () => {
  const store = await images.open();
  const asked: string[] = [];
  let knowsHead = true;
  const server = http.createServer((request, response) => {
    asked.push(`${request.method} ${request.url?.split('/').at(-2)}`);
    if (request.method === 'HEAD' && !knowsHead) return response.writeHead(405).end();
    const [host, port] = images.registry.address.split(':');
    const { method, url: path, headers } = request;
    return http
      .request({ host, port, method, path, headers }, (from) => {
        response.writeHead(from.statusCode ?? 500, from.headers);
        from.pipe(response);
      })
      .end();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  try {
    const address = server.address();
    assert.ok(address !== null && typeof address === 'object');
    const name = `127.0.0.1:${address.port}/one@${digest}`;
    await pull(store, name);
    asked.length = 0;
    await pull(store, name);
    assert.deepEqual(asked, ['HEAD manifests']);
    knowsHead = false;
    asked.length = 0;
    await pull(store, name);
    assert.deepEqual(asked, ['HEAD manifests', 'GET manifests']);
  } finally {
    server.closeAllConnections();
    server.close();
  }
});
