// The folder of --config-dir: files of KubeletConfiguration that change the one of --config, one after another.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isObject } from '@berth/common/json/is-object.ts';
import type { JsonObject } from '../api/pod-shape.ts';

/** A file of the folder. */
export interface DropInFile {
  path: string;
  content: Buffer;
}

/** The files `*.conf` of the folder and of those in it, in the order in which they count, and the names of the others. */
export function readDropInFiles(dir: string): { files: DropInFile[]; skipped: string[] } {
  const [files, skipped]: [DropInFile[], string[]] = [[], []];
  const entries = readdirSync(dir, { withFileTypes: true });
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const path = join(dir, entry.name);
    if (entry.isDirectory()) {
      const below = readDropInFiles(path);
      files.push(...below.files);
      skipped.push(...below.skipped);
    } else if (entry.name.endsWith('.conf')) files.push({ path, content: readFileSync(path) });
    else skipped.push(path);
  }
  return { files, skipped };
}

/** Pure: an object changed by a JSON merge patch (RFC 7386): null removes a field, and a list replaces a list. */
export function mergePatch(object: JsonObject, patch: JsonObject): JsonObject {
  const merged: Record<string, unknown> = { ...object };
  for (const [name, value] of Object.entries(patch)) {
    const before = merged[name];
    if (value === null) delete merged[name];
    else if (isObject(value)) merged[name] = mergePatch(isObject(before) ? before : {}, value);
    else merged[name] = value;
  }
  return merged;
}
