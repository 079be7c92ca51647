// Reads one manifest file and decides which of its pods and objects count, given those before.

import type { Stats } from 'node:fs';
import { messageOf } from '@berth/common/error-message.ts';
import { readRegularFile } from '@berth/common/files/regular-file.ts';
import { type Decoded, type DecodeOptions, decodeManifest } from './decode.ts';
import type { LastGoodManifests } from './last-good.ts';
import { failFile, type ManifestFile, maxManifestBytes, updateFile } from './manifests.ts';

/** The state of a file that was read, and its text if it has no error. */
export type ManifestReading = ManifestFile & { faultless?: Uint8Array };

/** The parameters of reading. */
export interface ReadOptions extends Omit<DecodeOptions, 'file' | 'seen' | 'validate'> {
  lastGood: LastGoodManifests;
}

/** Reads the file. Never throws: errors become rejections. */
export async function readManifestFile(
  file: string,
  found: Stats,
  before: ManifestFile | undefined,
  options: ReadOptions,
): Promise<ManifestReading> {
  if (found.isDirectory())
    return failFile(file, undefined, 'a directory inside the manifest path is not read');
  if (!found.isFile()) return failFile(file, undefined, 'not a regular file');
  const decode = (content: Uint8Array): Decoded[] =>
    decodeManifest(content, { ...options, file, seen: new Date(), validate: 'warn' });
  let reading: (before: ManifestFile | undefined) => ManifestReading;
  try {
    if (found.size > maxManifestBytes) throw new Error('larger than 10 MiB');
    const content = await readRegularFile(file, { maxBytes: maxManifestBytes });
    const decoded = decode(content);
    if (decoded.length === 0) throw new Error('there is no pod, ConfigMap or Secret in this file');
    // The rules for a change of an object need the object before, so that one that is immutable stays.
    if (decoded.every((entry) => entry.ok && entry.pod))
      return { ...updateFile(file, before, decoded), faultless: content };
    reading = (former) => {
      const manifest = updateFile(file, former, decoded);
      return manifest.rejected.length > 0 ? manifest : { ...manifest, faultless: content };
    };
  } catch (error) {
    reading = (former) => failFile(file, former, messageOf(error));
  }
  return reading(before ?? (await formerly(file, options.lastGood, decode)));
}

/** The content of the file's last valid text, which an earlier kubelet saved (last-good.ts). */
async function formerly(
  file: string,
  lastGood: LastGoodManifests,
  decode: (content: Uint8Array) => Decoded[],
): Promise<ManifestFile | undefined> {
  const content = await lastGood.load(file);
  if (content === undefined) return undefined;
  try {
    return updateFile(file, undefined, decode(content));
  } catch {
    return undefined;
  }
}
