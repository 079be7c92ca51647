// Reads and validates manifests before anything is started.
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf } from '@berth/common/error-message.ts';
import { yamlText } from '@berth/go-yaml/text.ts';
import { type Pod, podKey } from '@berth/kubelet/api/pod.ts';
import { type DecodedPod, type DecodeOptions, decodeManifest } from '@berth/kubelet/config/decode.ts';
import { nodeName } from '@berth/kubelet/options/node-identity.ts';
import { UserError } from '../errors/user-error.ts';
import { displayName } from '../pods/identity.ts';
import type { Validation } from './validation.ts';

/** A valid manifest. */
export interface Manifest {
  /** Path of the user's file. */
  readonly source: string;
  readonly text: string;
  /** Path in the kubelet's directory; a pod's UID depends on it. */
  readonly target: string;
  readonly pods: readonly Pod[];
  /** Warnings about fields without effect, one line each. */
  readonly warnings: readonly string[];
}

/**
 * Reads and validates manifests as the kubelet will, before anything is started or changed.
 * @param sources files, or directories of which every .yaml, .yml and .json counts
 * @throws UserError that names every invalid file and field
 */
export async function readManifests(
  sources: readonly string[],
  manifestDir: string,
  validate: Validation,
): Promise<Manifest[]> {
  const files = (await Promise.all(sources.map(filesOf))).flat();
  const problems: string[] = [];
  const manifests: Manifest[] = [];
  for (const file of files) {
    try {
      manifests.push(
        parseManifest(file, yamlText(await readFile(file)), { manifestDir, node: nodeName(''), validate }),
      );
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
 * @throws UserError with a line for each error
 */
export function parseManifest(
  source: string,
  text: string,
  { manifestDir, node, validate }: { manifestDir: string; node: string; validate: Validation },
): Manifest {
  const decode = (file: string, strictness: DecodeOptions['validate']): DecodedPod[] =>
    decodeManifest(text, {
      nodeName: node,
      file,
      seen: new Date(),
      validate: strictness,
    });
  const decoded = decode(source, validate === 'strict' ? 'strict' : 'warn');
  const problems = decoded.flatMap((entry) => (entry.ok ? [] : [describe(source, entry.key, entry.message)]));
  if (problems.length > 0) {
    const wouldRun = validate === 'strict' && decode(source, 'warn').every(({ ok }) => ok);
    throw new UserError([...problems, ...(wouldRun ? [`${source}: ${hint}`] : [])].join('\n'));
  }
  const [first] = decoded;
  if (!first?.ok) throw new UserError(`${source}: there is no pod in this file`);
  const target = join(manifestDir, `${displayName(first.pod).replace('/', '-')}.yaml`);
  const placed = decode(target, 'warn').flatMap((entry) => (entry.ok ? [entry] : []));
  const warnings = placed.flatMap(({ pod, warnings }) =>
    warnings.map((warning) => describe(source, podKey(pod), warning)),
  );
  return {
    source,
    text,
    target,
    pods: placed.map(({ pod }) => pod),
    warnings: validate === 'warn' ? warnings : [],
  };
}

const hint = 'a node runs it all the same, without what it does not know: berth up --validate=warn';

function describe(source: string, pod: string | undefined, problem: string): string {
  return `${source}: ${pod === undefined ? '' : `pod ${pod}: `}${problem}`;
}

/** Pods that two files define: the kubelet would run only one of them. */
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
