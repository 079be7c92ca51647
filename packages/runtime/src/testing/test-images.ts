// An image store of the tests' own and a registry to pull from.
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ListImagesRequest, PullImageRequest, RemoveImageRequest } from '@berth/cri/generated/api.ts';
import { CachedDiskUsage } from '@berth/linux/files/cached-disk-usage.ts';
import { writeOciLayout } from '@berth/oci/archive/layout-writer.ts';
import { type Digest, digestHex, digestOf } from '@berth/oci/image-spec/digest.ts';
import { type ImageManifest, parseIndex, parseManifest } from '@berth/oci/image-spec/manifest.ts';
import type { TarEntry } from '@berth/oci/tar/entry.ts';
import { startRegistry, type TestRegistry } from '@berth/test-support/image-registry.ts';
import type { Config } from '../config/config.ts';
import { imageHandlers } from '../image/handlers.ts';
import { ImageService, type ImageServiceOptions } from '../image/service.ts';
import { createLogger } from '../logging/log.ts';
import { openDatabase } from '../state/database.ts';

/** What a handler is told of the call. */
export const call = { signal: new AbortController().signal, peer: 'test' };

/** An image store on disk, with what its directories hold. */
export interface TestImageStore {
  service: ImageService;
  /** Lines of the log from warnings up. */
  warnings: string[];
  /** Ids of images that containers have. */
  used: string[];
  root: string;
  handlers: Required<
    Pick<
      ReturnType<typeof imageHandlers>,
      'pullImage' | 'listImages' | 'imageStatus' | 'removeImage' | 'imageFsInfo'
    >
  >;
  pull(name: string): Promise<string>;
  remove(name: string): Promise<unknown>;
  list(): Promise<string[][]>;
  layers(): string[];
  blobs(): string[];
  ingests(): string[];
}

/** A registry, a layout of what it holds, and stores that pull from it. */
export class TestImages implements AsyncDisposable {
  readonly dir = mkdtempSync(join(tmpdir(), 'runtime-image-'));
  readonly layout = join(this.dir, 'layout');
  readonly registry: TestRegistry;
  #roots = 0;

  private constructor(registry: TestRegistry) {
    this.registry = registry;
  }

  /** With the images `one` (tags 1 and 2) and `two`, which share a layer, `evil`, and `scratch` without layers. */
  static async start(): Promise<TestImages> {
    const images = new TestImages(await startRegistry());
    const base: TarEntry[] = [
      { type: 'directory', path: 'etc', mode: 0o700 },
      { type: 'file', path: 'etc/base', content: 'base' },
    ];
    await images.push('one', [base, [{ type: 'file', path: 'etc/one', content: 'one' }]], '1000:5');
    await images.push('two', [base, [{ type: 'file', path: 'two', content: 'two' }]], 'nobody');
    await images.push('evil', [base, [{ type: 'file', path: '../evil', content: 'evil' }]]);
    await images.push('scratch', []);
    await images.registry.push(images.layout, 'one', 'one', '2');
    return images;
  }

  /** Writes an image to the layout and pushes it as NAME:1. */
  async push(name: string, layers: TarEntry[][], User = ''): Promise<void> {
    await writeOciLayout({ dir: this.layout, name, layers, config: { User, Cmd: [`/${name}`] } });
    await this.registry.push(this.layout, name, name, '1');
  }

  /** The manifest of an image in the layout. */
  layoutManifest(name: string): ImageManifest & { digest: Digest } {
    const blob = (digest: Digest) => readFileSync(join(this.layout, 'blobs/sha256', digestHex(digest)));
    const index = parseIndex(readFileSync(join(this.layout, 'index.json')), 'index.json');
    const found = index.manifests.find(
      ({ annotations }) => annotations?.['org.opencontainers.image.ref.name'] === name,
    );
    assert(found, name);
    const manifest = parseManifest(blob(found.digest));
    assert(manifest.kind === 'manifest');
    return { ...manifest, digest: found.digest };
  }

  /** Bytes of a blob in the layout. */
  layoutSize(digest: Digest): number {
    return statSync(join(this.layout, 'blobs/sha256', digestHex(digest))).size;
  }

  /** Puts a manifest or index into the registry, and returns its digest. */
  async putManifest(reference: string, mediaType: string, document: object): Promise<Digest> {
    const body = JSON.stringify(document);
    const path = reference.replace(':', '/manifests/');
    const answer = await fetch(`http://${this.registry.address}/v2/${path}`, {
      method: 'PUT',
      body,
      headers: { 'content-type': mediaType },
    });
    assert.equal(answer.status, 201, await answer.text());
    return digestOf(body);
  }

  /** Opens a store: a new one, or again the one below `root`. */
  async open(
    root = join(this.dir, `root-${this.#roots++}`),
    limits: Partial<Config['image']> = {},
    { used = [], ...machine }: Pick<ImageServiceOptions, 'bootId' | 'sync'> & { used?: string[] } = {},
  ): Promise<TestImageStore> {
    mkdirSync(join(root, 'containers'), { recursive: true });
    const warnings: string[] = [];
    const service = await ImageService.open({
      root,
      database: openDatabase(join(root, 'berth.db')),
      registry: { configDir: join(this.dir, 'certs.d'), authFiles: [] },
      limits: {
        maxLayerBytes: 1_000_000,
        maxLayerFiles: 1000,
        maxImageBytes: 10_000_000,
        pinned: [],
        ...limits,
      },
      usedImages: () => used,
      log: createLogger('warning', (line) => warnings.push(line)),
      ...machine,
    });
    const { pullImage, listImages, imageStatus, removeImage, imageFsInfo } = imageHandlers(service, {
      dir: join(root, 'containers'),
      usage: new CachedDiskUsage((_directory, error) => assert.fail(String(error))),
    });
    assert(pullImage && listImages && imageStatus && removeImage && imageFsInfo);
    const { address } = this.registry;
    const image = (name: string) => ({ image: { image: name } });
    return {
      service,
      warnings,
      used,
      root,
      handlers: { pullImage, listImages, imageStatus, removeImage, imageFsInfo },
      pull: async (name) =>
        (await pullImage(PullImageRequest.fromPartial(image(`${address}/${name}`)), call)).imageRef ?? '',
      remove: (name) => removeImage(RemoveImageRequest.fromPartial(image(name)), call),
      list: async () =>
        ((await listImages(ListImagesRequest.fromPartial({}), call)).images ?? []).map(({ repoTags }) =>
          [...(repoTags ?? [])].map((tag) => tag.slice(address.length + 1)),
        ),
      layers: () => readdirSync(join(root, 'images/layers')).sort(),
      blobs: () => readdirSync(join(root, 'images/content/blobs/sha256')),
      ingests: () => readdirSync(join(root, 'images/content/ingest')),
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.registry.stop();
    rmSync(this.dir, { recursive: true });
  }
}
