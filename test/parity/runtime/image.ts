// Images that cases make up, published on a side's own registry.
import { gzipSync } from 'node:zlib';
import { digestOf } from '@berth/oci/image-spec/digest.ts';
import { mediaTypes } from '@berth/oci/image-spec/media-types.ts';
import { hostPlatform } from '@berth/oci/image-spec/platform.ts';
import type { TarEntry } from '@berth/oci/tar/entry.ts';
import { encodeTar } from '@berth/oci/tar/writer.ts';
import { busyboxLayer } from '@berth/test-support/images.ts';
import type { Json } from '../case.ts';
import type { CraftedRegistry } from './registry.ts';

type JsonObject = { [key: string]: Json | undefined };

export interface LayerInput {
  tar: Uint8Array;
  /** What the registry serves: the tar through gzip unless given. */
  blob?: Uint8Array;
  mediaType?: string;
}

export interface ImageInput {
  /** Without the busybox layer. */
  bare?: boolean;
  /** Above the busybox layer, from the bottom up: entries, the bytes of a tar, or more than that. */
  layers?: readonly (readonly TarEntry[] | Uint8Array | LayerInput)[];
  /** The config member of the image configuration. */
  config?: Json;
  /** Changes the whole image configuration, or replaces its text. */
  configuration?: (plain: JsonObject) => Json | Uint8Array;
  /** Changes the manifest, or replaces its text. */
  manifest?: (plain: JsonObject & { config: JsonObject; layers: JsonObject[] }) => Json | Uint8Array;
  /** Of the manifest's answer; the manifest's own unless given. */
  contentType?: string;
}

let base: { tar: Buffer; blob: Buffer } | undefined;

/** The busybox layer, the same for every image. */
function baseLayer(): LayerInput {
  if (base === undefined) {
    const tar = tarOf(busyboxLayer());
    base = { tar, blob: gzipSync(tar, { level: 1 }) };
  }
  return base;
}

export function tarOf(entries: Iterable<TarEntry>): Buffer {
  return Buffer.concat([...encodeTar(entries)]);
}

/** A case's own repository. */
export function repositoryOf(area: string, name: string): string {
  const words = `${area}/${name}`.toLowerCase().match(/[a-z0-9]+/g) ?? [];
  return `${words.slice(0, 6).join('-')}-${digestOf(name).slice(-6)}`;
}

const gzipLayer = `${mediaTypes.ociLayer}+gzip`;

/** Publishes an image as REPOSITORY:1 and returns its reference and the descriptor of its manifest. */
export function publish(registry: CraftedRegistry, repository: string, input: ImageInput) {
  const { config = {}, configuration = (plain) => plain, manifest = (plain) => plain } = input;
  const layers = [...(input.bare ? [] : [baseLayer()]), ...(input.layers ?? []).map(asLayer)];
  const plainConfiguration: JsonObject = {
    ...hostPlatform(),
    created: '2020-01-01T00:00:00Z',
    config: isObject(config) ? { Env: ['PATH=/bin'], Cmd: ['/bin/sleep', '1000'], ...config } : config,
    rootfs: { type: 'layers', diff_ids: layers.map(({ tar }) => digestOf(tar)) },
  };
  const plainManifest = {
    schemaVersion: 2,
    mediaType: mediaTypes.ociManifest,
    config: { mediaType: mediaTypes.ociConfig, ...registry.put(asBytes(configuration(plainConfiguration))) },
    layers: layers.map(({ tar, blob, mediaType = gzipLayer }) => ({
      mediaType,
      ...registry.put(blob ?? gzipSync(tar, { level: 1 })),
    })),
  };
  const content = asBytes(manifest(plainManifest));
  const mediaType = input.contentType ?? mediaTypes.ociManifest;
  const digest = registry.tag(repository, '1', content, mediaType);
  return {
    reference: `${registry.host}/${repository}:1`,
    descriptor: { mediaType: mediaTypes.ociManifest, digest, size: content.length },
  };
}

function asLayer(layer: NonNullable<ImageInput['layers']>[number]): LayerInput {
  if (layer instanceof Uint8Array) return { tar: layer };
  return 'tar' in layer ? layer : { tar: tarOf(layer) };
}

/** A document: JSON of a value, or the text itself. */
export function asBytes(value: Json | Uint8Array): Uint8Array {
  if (value instanceof Uint8Array) return value;
  return Buffer.from(typeof value === 'string' ? value : JSON.stringify(value));
}

function isObject(value: Json): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
