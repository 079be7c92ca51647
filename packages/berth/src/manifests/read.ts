import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Pod } from '@berth/kubelet/api/pod.ts';
import { decodeManifest } from '@berth/kubelet/config/decode.ts';
import { nodeName } from '@berth/kubelet/options/node-identity.ts';
import { messageOf, UserError } from '../errors.ts';
import { displayName } from '../pods/identity.ts';

/** A manifest that is fit to run. */
export interface Manifest {
  /** Where the person has it. */
  readonly source: string;
  readonly text: string;
  /** Where the kubelet gets it; a pod's UID depends on this. */
  readonly target: string;
  readonly pods: readonly Pod[];
}

/**
 * Reads and validates manifests as the kubelet will, before anything is started or changed.
 * @param sources files, or directories of which every .yaml, .yml and .json counts
 * @throws UserError naming every file and field that is at fault
 */
export async function readManifests(sources: readonly string[], manifestDir: string): Promise<Manifest[]> {
  const files = (await Promise.all(sources.map(filesOf))).flat();
  const problems: string[] = [];
  const manifests: Manifest[] = [];
  for (const file of files) {
    try {
      manifests.push(parseManifest(file, await readFile(file, 'utf8'), manifestDir, nodeName('')));
    } catch (error) {
      problems.push(error instanceof UserError ? error.message : `${file}: ${messageOf(error)}`);
    }
  }
  problems.push(...duplicates(manifests));
  if (problems.length > 0) throw new UserError(problems.join('\n'));
  return manifests;
}

/**
 * Validates one manifest and names its place after its first pod.
 * @throws UserError with a line for each fault
 */
export function parseManifest(source: string, text: string, manifestDir: string, node: string): Manifest {
  const decode = (target: string) =>
    decodeManifest(text, { nodeName: node, file: target, sysctls: { allowedUnsafe: [] }, seen: new Date() });
  const problems: string[] = [];
  let first: Pod | undefined;
  for (const entry of decode(source)) {
    if (entry.ok) first ??= entry.pod;
    else problems.push(`${source}: ${entry.key === undefined ? '' : `pod ${entry.key}: `}${entry.message}`);
  }
  if (problems.length > 0) throw new UserError(problems.join('\n'));
  if (first === undefined) throw new UserError(`${source}: there is no pod in this file`);
  const target = join(manifestDir, `${displayName(first).replace('/', '-')}.yaml`);
  const pods = decode(target).flatMap((entry) => (entry.ok ? [entry.pod] : []));
  return { source, text, target, pods };
}

/** Pods that two files define, and files that would take each other's place. */
export function duplicates(manifests: readonly Manifest[]): string[] {
  const sources = new Map<string, string>();
  const problems: string[] = [];
  for (const { source, pods } of manifests) {
    for (const pod of pods) {
      const name = displayName(pod);
      const other = sources.get(name);
      if (other !== undefined) problems.push(`${source}: pod ${name} is already defined by ${other}`);
      sources.set(name, source);
    }
  }
  return problems;
}

async function filesOf(source: string): Promise<string[]> {
  const found = await stat(source).catch((error) => {
    throw new UserError(`${source}: ${error.code === 'ENOENT' ? 'no such file' : messageOf(error)}`);
  });
  if (!found.isDirectory()) return [source];
  const names = (await readdir(source)).filter((name) => /^[^.].*\.(ya?ml|json)$/.test(name)).sort();
  if (names.length === 0) throw new UserError(`${source}: no .yaml, .yml or .json file in this directory`);
  return names.map((name) => join(source, name));
}
