import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { maxManifestBytes } from '@berth/kubelet/config/manifests.ts';
import { sourcesOf } from './sources.ts';

let dir = '';
let url = '';
const server = createServer(({ url = '' }, response) => {
  if (url === '/pod.yaml') response.end('kind: Pod\n');
  else if (url === '/moved') response.writeHead(302, { location: '/pod.yaml' }).end();
  else if (url === '/circle') response.writeHead(302, { location: '/circle' }).end();
  else if (url === '/large') response.end(Buffer.alloc(maxManifestBytes + 1));
  else response.writeHead(404).end();
});
before(async () => {
  dir = await mkdtemp(join(tmpdir(), 'berth-sources-'));
  await writeFile(join(dir, 'pod'), 'kind: Pod\n');
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  assert.ok(address !== null && typeof address === 'object');
  url = `http://127.0.0.1:${address.port}`;
});
after(async () => {
  server.close();
  await rm(dir, { recursive: true });
});

async function read(argument: string, stdin?: AsyncIterable<Buffer>): Promise<string> {
  const [source] = await sourcesOf(argument, stdin);
  return String(await source?.read());
}

async function* chunks(...sizes: number[]): AsyncGenerator<Buffer> {
  for (const size of sizes) yield Buffer.alloc(size, 'a');
}

test('a manifest from a URL, redirected or not', async () => {
  assert.equal(await read(`${url}/pod.yaml`), 'kind: Pod\n');
  assert.equal(await read(`${url}/moved`), 'kind: Pod\n');
  await assert.rejects(read(`${url}/circle`), /stopped after 10 redirects/);
  await assert.rejects(read(`${url}/large`), /more than 10485760 bytes/);
  await assert.rejects(read(`${url}/absent.yaml`), /absent\.yaml: 404 Not Found/);
});

test('a manifest from standard input', async () => {
  const [source] = await sourcesOf('-', chunks(2, 1));
  assert.equal(source?.name, 'standard input');
  assert.equal(await read('-', chunks(2, 1)), 'aaa');
  await assert.rejects(read('-', chunks(maxManifestBytes, 1)), /larger than 10485760 bytes, the limit/);
});

test('a path that is there is a manifest', async () => {
  assert.equal(await read(join(dir, 'pod')), 'kind: Pod\n');
  await assert.rejects(read(join(dir, 'absent')), /absent: no such file/);
});
