import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { PullImageRequest } from '@berth/cri/generated/api.ts';
import { writeOciLayout } from '@berth/oci/archive/layout-writer.ts';
import type { TarEntry } from '@berth/oci/tar/entry.ts';
import { startRegistry } from '@berth/test-support/image-registry.ts';
import { createLogger } from '../logging/log.ts';
import { openDatabase } from '../state/database.ts';
import { pullImage } from './pull.ts';
import { ImageService } from './service.ts';

const kills = 8;

/** Opens the image store below `root`, as berthd does when it starts. */
function openStore(root: string): Promise<ImageService> {
  return ImageService.open({
    root,
    database: openDatabase(join(root, 'berth.db')),
    registry: { configDir: join(root, 'certs.d'), authFiles: [] },
    limits: { maxLayerBytes: 1e8, maxLayerFiles: 1e4, maxImageBytes: 1e9, pinned: [] },
    usedImages: () => [],
    log: createLogger('error'),
  });
}

const pull = (service: ImageService, image: string) =>
  pullImage(service, PullImageRequest.fromPartial({ image: { image } }), {
    signal: new AbortController().signal,
  });

test('a process killed at any moment of a pull leaves what the next one can go on with', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'runtime-crash-'));
  const registry = await startRegistry();
  try {
    const layer = (name: string, files: number): TarEntry[] =>
      Array.from({ length: files }, (_, index) => ({
        type: 'file',
        path: `${name}/${index}`,
        content: randomBytes(9000),
      }));
    const layers = [layer('a', 300), layer('b', 600), layer('c', 10)];
    await writeOciLayout({ dir: join(dir, 'layout'), name: 'x', layers, config: {} });
    await registry.push(join(dir, 'layout'), 'x', 'x', '1');
    const image = `${registry.address}/x:1`;
    const root = mkdtempSync(join(dir, 'root-'));
    for (let kill = 0; kill < kills; kill++) {
      const program = `
        const { openDatabase } = await import(${JSON.stringify(import.meta.resolve('../state/database.ts'))});
        const { createLogger } = await import(${JSON.stringify(import.meta.resolve('../logging/log.ts'))});
        const { ImageService } = await import(${JSON.stringify(import.meta.resolve('./service.ts'))});
        const { pullImage } = await import(${JSON.stringify(import.meta.resolve('./pull.ts'))});
        const { removeImage } = await import(${JSON.stringify(import.meta.resolve('./remove.ts'))});
        const root = ${JSON.stringify(root)};
        const service = await ImageService.open({
          root, database: openDatabase(root + '/berth.db'), registry: { configDir: root + '/certs.d', authFiles: [] },
          limits: { maxLayerBytes: 1e8, maxLayerFiles: 1e4, maxImageBytes: 1e9, pinned: [] }, usedImages: () => [], log: createLogger('error'),
        });
        const request = { image: { image: ${JSON.stringify(image)} } };
        process.stdout.write('go');
        for (;;) {
          await pullImage(service, request, { signal: new AbortController().signal });
          await removeImage(service, request);
        }`;
      const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      await once(child.stdout, 'data');
      setTimeout(() => child.kill('SIGKILL'), 15 + kill * 25);
      const [, signal] = await once(child, 'exit');
      assert.equal(signal, 'SIGKILL');
    }
    const service = await openStore(root);
    await pull(service, image);
    const rootfs = await service.rootfs(image);
    const directories = [...(rootfs?.lowerDirs ?? [])].reverse();
    for (const [index, entries] of layers.entries()) {
      for (const entry of entries) {
        assert(entry.type === 'file');
        assert.deepEqual(readFileSync(join(directories[index] ?? '', entry.path)), entry.content);
      }
    }
    const inStore = (name: string) => readdirSync(join(root, 'images', name)).sort();
    assert.deepEqual(
      inStore('layers'),
      directories.map((path) => path.slice(path.lastIndexOf('/') + 1)).sort(),
    );
    assert.equal(inStore('content/blobs/sha256').length, 2);
    assert.deepEqual(inStore('content/ingest'), []);
  } finally {
    await registry.stop();
    rmSync(dir, { recursive: true });
  }
});
