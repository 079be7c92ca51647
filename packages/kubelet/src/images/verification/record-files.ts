// The files of pulls, where and as the real kubelet has them: an intent while an image is pulled, a record afterwards.
import { createHash } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { hasCode } from '@berth/common/error-code.ts';
import { makePrivateDirectory } from '@berth/common/files/directories.ts';
import { readRegularFile } from '@berth/common/files/regular-file.ts';
import { replaceFile } from '@berth/common/files/replace-file.ts';
import { isObject } from '@berth/common/json/is-object.ts';
import { type PulledRecord, parseRecord } from './pulled-record.ts';

const maxBytes = 4 * 1024 * 1024;
const apiVersion = 'kubelet.config.k8s.io/v1beta1';

/** Intents by the image's name in a pod, records by the runtime's id of the image. */
export class PullRecordFiles {
  readonly #pulling: string;
  readonly #pulled: string;

  constructor(rootDir: string) {
    this.#pulling = join(rootDir, 'image_manager', 'pulling');
    this.#pulled = join(rootDir, 'image_manager', 'pulled');
  }

  /** The record; undefined when there is none. Throws when it cannot be read. */
  async record(imageRef: string): Promise<PulledRecord | undefined> {
    const text = await textOf(fileOf(this.#pulled, imageRef));
    return text === undefined ? undefined : parseRecord(text, imageRef);
  }

  async writeRecord({ imageRef, lastUpdatedTime, credentialMapping }: PulledRecord): Promise<void> {
    const mapping = Object.keys(credentialMapping).length > 0 ? { credentialMapping } : {};
    await write(this.#pulled, imageRef, {
      kind: 'ImagePulledRecord',
      apiVersion,
      lastUpdatedTime,
      imageRef,
      ...mapping,
    });
  }

  async removeRecord(imageRef: string): Promise<void> {
    await rm(fileOf(this.#pulled, imageRef), { force: true });
  }

  /** The images that have a record; a file that is none is left out. */
  async recordedImages(): Promise<string[]> {
    return await fieldOfAll(this.#pulled, 'imageRef');
  }

  async hasIntent(image: string): Promise<boolean> {
    return (await textOf(fileOf(this.#pulling, image))) !== undefined;
  }

  async writeIntent(image: string): Promise<void> {
    await write(this.#pulling, image, { kind: 'ImagePullIntent', apiVersion, image });
  }

  async removeIntent(image: string): Promise<void> {
    await rm(fileOf(this.#pulling, image), { force: true });
  }

  /** The images that a kubelet began to pull. */
  async intendedImages(): Promise<string[]> {
    return await fieldOfAll(this.#pulling, 'image');
  }
}

/** The numbers of files below `rootDir`; no folder counts as an empty one. */
export function countPullFiles(rootDir: string): { intents: number; records: number } {
  const count = (folder: string): number => {
    try {
      return readdirSync(join(rootDir, 'image_manager', folder)).filter(isFile).length;
    } catch (error) {
      if (hasCode(error, 'ENOENT')) return 0;
      throw error;
    }
  };
  return { intents: count('pulling'), records: count('pulled') };
}

const prefix = 'sha256-';

/** Whether a name is that of an intent or a record, and not of one that is being written. */
function isFile(name: string): boolean {
  return name.startsWith(prefix) && !name.endsWith('.tmp');
}

function fileOf(folder: string, name: string): string {
  return join(folder, prefix + createHash('sha256').update(name).digest('hex'));
}

async function write(folder: string, name: string, content: object): Promise<void> {
  makePrivateDirectory(folder);
  const path = fileOf(folder, name);
  await replaceFile(path, `${JSON.stringify(content)}\n`, { mode: 0o600, temporary: `${path}.tmp` });
}

async function textOf(path: string): Promise<string | undefined> {
  try {
    return (await readRegularFile(path, { maxBytes })).toString();
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw error;
  }
}

async function fieldOfAll(folder: string, field: string): Promise<string[]> {
  const names = await readdir(folder).catch(() => []);
  const found: string[] = [];
  for (const name of names.filter(isFile)) {
    try {
      const value: unknown = JSON.parse((await textOf(join(folder, name))) ?? 'null');
      if (isObject(value) && typeof value[field] === 'string') found.push(value[field]);
    } catch {
      // A file that nobody can read is as good as none, and is replaced by the next pull.
    }
  }
  return found;
}
