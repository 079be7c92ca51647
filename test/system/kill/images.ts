// Images for lives that pull: from a registry, and large enough for a pull to take its time.
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { writeOciLayout } from '@berth/oci/archive/layout-writer.ts';
import type { TestRegistry } from '@berth/test-support/image-registry.ts';

/** Two images of a registry that share a layer, each large enough for a pull to take its time. */
export async function pushImages(dir: string, registry: TestRegistry): Promise<readonly [string, string]> {
  const layout = join(dir, 'layout');
  const file = (path: string, content: string | Buffer) => ({ type: 'file' as const, path, content });
  const shared = [{ type: 'directory' as const, path: 'data' }, file('data/noise', randomBytes(1_000_000))];
  const names = ['volume', 'other'];
  for (const name of names) {
    const own = [file('data/text', 'text\n'), file(`data/${name}`, randomBytes(500_000))];
    await writeOciLayout({ dir: layout, name, layers: [shared, own], config: {} });
    await registry.push(layout, name, name, '1');
  }
  return [`${registry.address}/volume:1`, `${registry.address}/other:1`];
}
