// Pulls through a registry that counts bytes and can be made slow: by many at once, and after a kill -9.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';

import http from 'node:http';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { connectCri } from '@berth/cri/client.ts';
import { LayerPhase } from '@berth/cri/generated/image-progress.ts';
import { writeOciLayout } from '@berth/oci/layout-writer.ts';
import { startRegistry, type TestRegistry } from '@berth/oci/testing/registry.ts';
import { layOutBerthd, startBerthd } from '../../../../test/support/berthd.ts';
import { scratchDir } from '../../../../test/support/scratch.ts';

const layerBytes = 6_000_000;
let scratch: ReturnType<typeof scratchDir>;
let registry: TestRegistry;

before(async () => {
  scratch = scratchDir('resume');
  registry = await startRegistry();
  const dir = join(scratch.path, 'layout');
  await writeOciLayout({
    dir,
    name: 'big',
    compression: 'none',
    layers: [[{ type: 'file', path: 'big', content: randomBytes(layerBytes) }]],
    config: {},
  });
  await registry.push(dir, 'big', 'big', '1');
});
after(async () => {
  await registry.stop();
  scratch[Symbol.dispose]();
});

/** Stands before the registry, counts what it sends of layers, and lets `bytesPerSecond` through. */
async function meter() {
  const seen = {
    layerBytes: 0,
    ranges: [] as (string | undefined)[],
    bytesPerSecond: Number.POSITIVE_INFINITY,
  };
  const server = http.createServer((request, response) => {
    const [host, port] = registry.address.split(':');
    http
      .get({ host, port, path: request.url, headers: request.headers }, async (from) => {
        response.writeHead(from.statusCode ?? 500, from.headers);
        const isLayer = Number(from.headers['content-length']) > 100_000;
        if (isLayer) seen.ranges.push(request.headers.range);
        for await (const chunk of from) {
          if (response.destroyed) break;
          if (isLayer) seen.layerBytes += chunk.length;
          response.write(chunk);
          if (isLayer && Number.isFinite(seen.bytesPerSecond)) {
            await sleep((chunk.length / seen.bytesPerSecond) * 1000);
          }
        }
        response.end();
      })
      .on('error', () => response.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  assert(address !== null && typeof address === 'object');
  return {
    seen,
    image: `127.0.0.1:${address.port}/big:1`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

test('a berthd that is killed in the middle of a pull goes on with the partial blob when it is back', async () => {
  await using front = await meter();
  const dir = join(scratch.path, 'killed');
  const paths = layOutBerthd(dir);
  front.seen.bytesPerSecond = 4_000_000;
  const first = await startBerthd(paths, dir);
  const client = connectCri(paths.socket);
  const request = { image: { image: front.image } };
  const pulling = client.image.pullImage(request).catch((error: unknown) => error);
  while (front.seen.layerBytes < layerBytes / 2) await sleep(10);
  await first.stop('SIGKILL');
  assert((await pulling) instanceof Error);
  client.close();
  const before = front.seen.layerBytes;
  front.seen.bytesPerSecond = Number.POSITIVE_INFINITY;
  await using second = await startBerthd(paths, dir);
  const again = connectCri(paths.socket);
  const { imageRef } = await again.image.pullImage(request);
  assert.match(imageRef, /^sha256:/);
  again.close();
  const resumedAt = Number(/^bytes=(\d+)-$/.exec(front.seen.ranges[1] ?? '')?.[1]);
  assert(resumedAt > layerBytes / 3, String(front.seen.ranges));
  const total = front.seen.layerBytes - before + resumedAt;
  assert(total < layerBytes + 100_000, `${total} bytes for a layer of ${layerBytes}`);
  assert(second.pid > 0);
});

test('many callers share one pull, which tells how it goes and ends with the last of them', async () => {
  await using front = await meter();
  const dir = join(scratch.path, 'shared');
  const paths = layOutBerthd(dir);
  await using _berthd = await startBerthd(paths, dir);
  const client = connectCri(paths.socket);
  const request = { image: { image: front.image } };
  front.seen.bytesPerSecond = 4_000_000;
  const impatient = new AbortController();
  const gone = client.image.pullImage(request, { signal: impatient.signal }).catch((error: unknown) => error);
  const stays = Array.from({ length: 5 }, () => client.image.pullImage(request));
  const phases = new Set<LayerPhase>();
  const amounts: bigint[] = [];
  let last = '';
  for await (const { imageRef, layers } of client.imageProgress.pullImage(request)) {
    last = imageRef;
    for (const { phase, doneBytes, totalBytes } of layers) {
      phases.add(phase);
      amounts.push(doneBytes);
      assert(totalBytes > BigInt(layerBytes));
    }
    if (amounts.length === 2) impatient.abort();
  }
  assert((await gone) instanceof Error);
  for (const { imageRef } of await Promise.all(stays)) assert.equal(imageRef, last);
  assert(phases.has(LayerPhase.DOWNLOADING) && phases.has(LayerPhase.DONE));
  assert(amounts.length > 4);
  assert.deepEqual(
    amounts,
    amounts.toSorted((a, b) => Number(a - b)),
  );
  assert.equal(front.seen.ranges.length, 1);
  client.close();
});
