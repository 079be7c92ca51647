// Pulls through a registry that counts bytes and can be made slow: by many at once, and after a kill -9.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { connectCri } from '@berth/cri/client/client.ts';
import { LayerPhase } from '@berth/cri/generated/image-progress.ts';
import { writeOciLayout } from '@berth/oci/archive/layout-writer.ts';
import { meterRegistry } from '@berth/oci/testing/metered-registry.ts';
import { layOutBerthd, startBerthd } from '@berth/test-support/berthd.ts';
import { startRegistry, type TestRegistry } from '@berth/test-support/image-registry.ts';
import { scratchDir } from '@berth/test-support/scratch.ts';
import { until } from '@berth/test-support/until.ts';

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

/** The registry behind one that counts, and the name of the image there. */
async function meter() {
  const front = await meterRegistry(registry.address);
  return { ...front, image: `${front.address}/big:1` };
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
  await until('half of it is here', () => front.seen.layerBytes >= layerBytes / 2);
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
