import type { JsonCursor } from '@berth/common/json/cursor.ts';
import { quoted } from '@berth/common/printable.ts';
import { type Digest, isDigest } from './digest.ts';
import { type Platform, parsePlatform } from './platform.ts';

/** A descriptor of content, as in manifests and indexes (OCI image spec, descriptor.md). */
export interface Descriptor {
  mediaType: string;
  digest: Digest;
  /** Bytes. */
  size: number;
  annotations?: Record<string, string>;
  platform?: Platform;
}

/** Parses a descriptor. Throws for an invalid digest and a missing size. */
export function parseDescriptor(json: JsonCursor): Descriptor {
  const digest = json.field('digest').string();
  if (!isDigest(digest)) throw json.field('digest').error(`${quoted(digest)} is not a digest`);
  const descriptor: Descriptor = {
    mediaType: json.field('mediaType').optional((it) => it.string()) ?? '',
    digest,
    size: json.field('size').count(),
  };
  const annotations = json.field('annotations').optional((it) => it.stringMap());
  if (annotations) descriptor.annotations = annotations;
  const platform = json.field('platform').optional(parsePlatform);
  if (platform) descriptor.platform = platform;
  return descriptor;
}
