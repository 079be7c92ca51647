// Takes pods out of the manifests in the kubelet's directory, for good.
import { chmod, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { hasCode } from '@berth/common/error-code.ts';
import { messageOf } from '@berth/common/error-message.ts';
import { readRegularFile } from '@berth/common/files/regular-file.ts';
import { CutOutError } from '@berth/go-yaml/cut-out.ts';
import { yamlText } from '@berth/go-yaml/text.ts';
import { type Decoded, decodeManifest } from '@berth/kubelet/config/decode.ts';
import { maxManifestBytes } from '@berth/kubelet/config/manifests.ts';
import { objectKey, refTo } from '@berth/kubelet/objects/objects.ts';
import { UserError } from '../errors/user-error.ts';
import { displayName } from '../pods/identity.ts';
import { type InstalledManifests, writeManifest } from './installed.ts';
import { type Remainder, withoutPods } from './without-pods.ts';

/** Where manifests are, and for which node. */
export interface ManifestPlace {
  readonly manifestDir: string;
  readonly nodeName: string;
  readonly installed: InstalledManifests;
}

interface Change {
  readonly file: string;
  readonly mode: number;
  readonly remainder: Remainder;
}

/**
 * Takes the pods of these names, `namespace/name` as manifests have them, out of every file that has one; a file with
 * nothing else goes. Looks at all files before it changes the first one.
 * @returns the names that were found
 * @throws UserError for a file in which other pods would change
 */
export async function takeOutPods(names: ReadonlySet<string>, place: ManifestPlace): Promise<Set<string>> {
  const found = new Set<string>();
  const changes: Change[] = [];
  for (const file of await filesIn(place.manifestDir)) {
    const stats = await stat(file);
    if (!stats.isFile()) continue;
    const text = yamlText(await readRegularFile(file, { maxBytes: maxManifestBytes }));
    const remainder = remainderOf(file, text, names);
    if (remainder === undefined) continue;
    const [before, after] = [contentsOf(text, file, place), contentsOf(remainder.text, file, place)];
    for (const [name] of before) if (names.has(name)) found.add(name);
    const kept = [...before].filter(([name]) => !names.has(name));
    const isSame = kept.length === after.size && kept.every(([name, version]) => after.get(name) === version);
    if (!isSame) throw byHand(file, 'what else is in it would change');
    changes.push({ file, mode: stats.mode & 0o777, remainder });
  }
  for (const { file, mode, remainder } of changes) {
    if (remainder.isEmpty) {
      await rm(file, { force: true });
      await place.installed.remove(file);
    } else {
      await writeManifest(file, remainder.text);
      await chmod(file, mode);
    }
  }
  return found;
}

async function filesIn(dir: string): Promise<string[]> {
  try {
    const names = await readdir(dir);
    return names
      .filter((name) => !name.startsWith('.'))
      .sort()
      .map((name) => join(dir, name));
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return [];
    throw error;
  }
}

function remainderOf(file: string, text: string, names: ReadonlySet<string>): Remainder | undefined {
  try {
    return withoutPods(text, names);
  } catch (error) {
    if (error instanceof CutOutError) throw byHand(file, messageOf(error));
    throw error;
  }
}

function byHand(file: string, why: string): UserError {
  return new UserError(`${file}: cannot remove the pod without changing the rest (${why}); edit the file`);
}

/** What the kubelet makes of a text: pods and objects by name, each with what tells its versions apart. */
function contentsOf(text: string, file: string, { nodeName }: ManifestPlace): Map<string, string> {
  if (text === '') return new Map();
  return new Map(
    decode(text, file, nodeName).flatMap((entry): [string, string][] => {
      if (!entry.ok) return [];
      if (entry.pod) return [[displayName(entry.pod), entry.pod.metadata.uid]];
      return [[objectKey(refTo(entry.object)), entry.object.object.resourceVersion]];
    }),
  );
}

function decode(text: string, file: string, nodeName: string): Decoded[] {
  try {
    return decodeManifest(text, { nodeName, file, seen: new Date(), validate: 'warn' });
  } catch {
    return [];
  }
}
