// An image as a whole: its manifest, configuration and layers.
import { chainIds } from './chain-id.ts';
import type { Descriptor } from './descriptor.ts';
import type { Digest } from './digest.ts';
import { type ImageConfig, parseImageConfig } from './image-config.ts';
import type { ImageManifest } from './manifest.ts';

/** One layer of an image. */
export interface ImageLayer {
  /** The blob, compressed as its media type says. */
  descriptor: Descriptor;
  /** Digest of the uncompressed tar. */
  diffId: Digest;
  /** Identity of this layer on those below it. */
  chainId: Digest;
}

/** An image whose manifest and configuration are known. */
export interface Image {
  manifest: ImageManifest;
  manifestDigest: Digest;
  config: ImageConfig;
  /** The image id of the CRI. For an artifact it is the digest of the manifest, as many share one configuration. */
  configDigest: Digest;
  /** Bottom first. */
  layers: ImageLayer[];
  /** Bytes of the configuration and the compressed layers, as registries and the CRI count an image's size. */
  size: number;
}

/** Maximum number of files in an OCI artifact. */
const maxArtifactFiles = 2000;

/** Represents an OCI artifact as an image whose layers are files: they are not unpacked and have no chain id. */
export function assembleArtifact(manifest: ImageManifest, manifestDigest: Digest): Image {
  if (manifest.layers.length > maxArtifactFiles) {
    throw new Error(`artifact of ${manifest.layers.length} files; the limit is ${maxArtifactFiles}`);
  }
  return {
    manifest,
    manifestDigest,
    config: { architecture: '', os: '', config: {}, rootfs: { type: 'layers', diff_ids: [] } },
    configDigest: manifestDigest,
    layers: manifest.layers.map((descriptor) => ({
      descriptor,
      diffId: descriptor.digest,
      chainId: descriptor.digest,
    })),
    size: manifest.layers.reduce((total, { size }) => total + size, manifest.config.size),
  };
}

/** Maximum number of lower layers of an overlayfs mount (OVL_MAX_STACK). */
const maxLayers = 500;

/** Makes an image of its manifest and configuration. Throws when their numbers of layers differ. */
export function assembleImage(manifest: ImageManifest, manifestDigest: Digest, configContent: Buffer): Image {
  const config = parseImageConfig(configContent);
  const diffIds = config.rootfs.diff_ids;
  if (diffIds.length !== manifest.layers.length) {
    throw new Error(
      `manifest has ${manifest.layers.length} layers, but the image config's rootfs.diff_ids has ${diffIds.length}`,
    );
  }
  if (diffIds.length > maxLayers) {
    throw new Error(`image of ${diffIds.length} layers; overlayfs stacks at most ${maxLayers}`);
  }
  const chain = chainIds(diffIds);
  const layers = manifest.layers.flatMap((descriptor, index) => {
    const diffId = diffIds[index];
    const id = chain[index];
    return diffId && id ? [{ descriptor, diffId, chainId: id }] : [];
  });
  return {
    manifest,
    manifestDigest,
    config,
    configDigest: manifest.config.digest,
    layers,
    size: layers.reduce((total, { descriptor }) => total + descriptor.size, manifest.config.size),
  };
}
