// Images of a suite in a registry, and certs.d files that make it the mirror of every registry that the suites' image
// names begin with.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { JsonCursor } from '@berth/common/json/cursor.ts';
import { writeOciLayout } from '@berth/oci/archive/layout-writer.ts';
import { startRegistry, type TestRegistry } from '@berth/test-support/image-registry.ts';
import type { CatalogueImage } from './catalogue.ts';

/** The registries that the names begin with; all of them have every image. */
const mirrored = ['registry.k8s.io', 'k8s.gcr.io', 'gcr.io', 'public.ecr.aws', 'docker.io'];

/** Writes every image as `REPOSITORY:TAG` into an OCI layout. */
export async function writeCatalogue(layout: string, images: readonly CatalogueImage[]): Promise<void> {
  for (const { repository, tags, layers, config } of images) {
    for (const tag of tags)
      await writeOciLayout({ dir: layout, name: `${repository}:${tag}`, layers, config });
  }
}

/** Starts a registry on a free loopback port and pushes every image of the layout to it. */
export async function serveLayout(layout: string): Promise<TestRegistry> {
  const registry = await startRegistry();
  try {
    const file = join(layout, 'index.json');
    const manifests = JsonCursor.parse(readFileSync(file), file).field('manifests').array();
    for (const manifest of manifests) {
      const name = manifest.field('annotations').stringMap()['org.opencontainers.image.ref.name'] ?? '';
      const colon = name.lastIndexOf(':');
      await registry.push(layout, name, name.slice(0, colon), name.slice(colon + 1));
    }
    return registry;
  } catch (error) {
    await registry.stop();
    throw error;
  }
}

/** Writes hosts.toml files below `certsDir` that send the pulls from public registries to `address`. */
export function mirrorPublicRegistries(certsDir: string, address: string): void {
  for (const host of mirrored) {
    const dir = join(certsDir, host);
    mkdirSync(dir, { recursive: true });
    const url = `http://${address}`;
    writeFileSync(
      join(dir, 'hosts.toml'),
      `server = "${url}"\n\n[host."${url}"]\n  capabilities = ["pull", "resolve"]\n`,
    );
  }
}
