// Reads and validates manifests before anything is started.
import { join } from 'node:path';
import { plainMessage } from '@berth/common/errno-text.ts';
import { yamlText } from '@berth/go-yaml/text.ts';
import { type Pod, podKey } from '@berth/kubelet/api/pod.ts';
import { type Decoded, type DecodeOptions, decodeManifest } from '@berth/kubelet/config/decode.ts';
import { type ObjectRef, objectKey, refTo } from '@berth/kubelet/objects/objects.ts';
import { nodeName } from '@berth/kubelet/options/node-identity.ts';
import { UserError } from '../errors/user-error.ts';
import { displayName } from '../pods/identity.ts';
import { expandManifest } from '../workloads/manifest.ts';
import { sourcesOf } from './sources.ts';
import type { Validation } from './validation.ts';

/** A valid manifest. */
export interface Manifest {
  /** The user's file, or where else it came from. */
  readonly source: string;
  /** As the kubelet gets it: the pods of workloads instead of these. */
  readonly text: string;
  /** Path in the kubelet's directory; a pod's UID depends on it. */
  readonly target: string;
  readonly pods: readonly Pod[];
  /** The ConfigMaps and Secrets that it defines. */
  readonly objects: readonly ObjectRef[];
  /** Warnings about fields without effect, one line each. */
  readonly warnings: readonly string[];
  /** What is otherwise than in a cluster, one line each. */
  readonly notes: readonly string[];
}

/**
 * Reads and validates manifests as the kubelet will, before anything is started or changed.
 * @param sources files, directories of which every .yaml, .yml and .json counts, URLs, or `-` for standard input
 * @throws UserError that names every invalid file and field
 */
export async function readManifests(
  sources: readonly string[],
  manifestDir: string,
  validate: Validation,
): Promise<Manifest[]> {
  const problems: string[] = [];
  const manifests: Manifest[] = [];
  const told = (name: string, error: unknown) => {
    const message = plainMessage(error);
    const isNamed = error instanceof UserError || message.startsWith(`${name}: `);
    problems.push(isNamed ? message : `${name}: ${message}`);
    return [];
  };
  // Faults are told in the order of the sources, whichever is found first.
  const looks = await Promise.allSettled(sources.map((source) => sourcesOf(source)));
  const found = looks.flatMap((look, index) =>
    look.status === 'fulfilled' ? look.value : told(sources[index] ?? '', look.reason),
  );
  for (const { name, read } of found) {
    try {
      manifests.push(
        parseManifest(name, yamlText(await read()), { manifestDir, node: nodeName(''), validate }),
      );
    } catch (error) {
      told(name, error);
    }
  }
  problems.push(...duplicates(manifests));
  if (problems.length > 0) throw new UserError(problems.join('\n'));
  return manifests;
}

/** The parameters of parsing. */
interface ParseOptions {
  readonly manifestDir: string;
  readonly node: string;
  readonly validate: Validation;
}

/**
 * Validates one manifest and names its place after its first pod, or its first object if it has no pod.
 * @throws UserError with a line for each error
 */
export function parseManifest(source: string, text: string, options: ParseOptions): Manifest {
  const { manifestDir, node, validate } = options;
  const origin = { nodeName: node, file: source, seen: new Date() };
  const expanded = expandManifest(text, origin);
  if (expanded === undefined) return placeManifest(source, text, options);
  const { problems } = expanded;
  const lines = (which: typeof problems) =>
    which.map(
      ({ subject, message }) => `${source}: ${subject === undefined ? '' : `${subject}: `}${message}`,
    );
  const isFatal = problems.some(({ isIgnored }) => !isIgnored);
  if (isFatal || (validate === 'strict' && problems.length > 0))
    throw new UserError(
      [...lines(problems), ...(isFatal || expanded.text === '' ? [] : [`${source}: ${hint}`])].join('\n'),
    );
  if (expanded.text === '')
    throw new UserError([...lines(problems), `${source}: nothing in this file can run on a node`].join('\n'));
  const manifest = placeManifest(source, expanded.text, { manifestDir, node, validate: 'ignore' });
  return {
    ...manifest,
    warnings: validate === 'warn' ? lines(problems) : [],
    notes: expanded.notes.map((note) => `${source}: ${note}`),
  };
}

function placeManifest(
  source: string,
  text: string,
  { manifestDir, node, validate }: ParseOptions,
): Manifest {
  const decode = (file: string, strictness: DecodeOptions['validate']): Decoded[] =>
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
  const valid = decoded.flatMap((entry) => (entry.ok ? [entry] : []));
  const first = valid.find(({ pod }) => pod) ?? valid[0];
  if (!first) throw new UserError(`${source}: there is no pod, ConfigMap or Secret in this file`);
  const target = join(manifestDir, `${fileName(first)}.yaml`);
  const placed = decode(target, 'warn').flatMap((entry) => (entry.ok ? [entry] : []));
  const warnings = placed.flatMap((entry) =>
    entry.warnings.map((warning) => describe(source, keyOf(entry), warning)),
  );
  return {
    source,
    text,
    target,
    pods: placed.flatMap(({ pod }) => (pod ? [pod] : [])),
    objects: placed.flatMap(({ object }) => (object ? [refTo(object)] : [])),
    warnings: validate === 'warn' ? warnings : [],
    notes: [],
  };
}

type Valid = Extract<Decoded, { ok: true }>;

/** `namespace-name` of a pod, and with its kind of an object, so that no two get one file. */
function fileName({ pod, object }: Valid): string {
  if (pod) return displayName(pod).replace('/', '-');
  const { kind, namespace, name } = refTo(object);
  return `${kind.toLowerCase()}-${namespace}-${name}`;
}

function keyOf({ pod, object }: Valid): string {
  return pod ? podKey(pod) : objectKey(refTo(object));
}

const hint = 'a node runs the rest of it: berth up --validate=warn';

/** `key` is that of a pod, or of an object, which has its kind in front. */
function describe(source: string, key: string | undefined, problem: string): string {
  const subject = key === undefined ? '' : `${/^(ConfigMap|Secret) /.test(key) ? '' : 'pod '}${key}: `;
  return `${source}: ${subject}${problem}`;
}

/** Pods and objects that two files define: the kubelet would take only one of them. */
export function duplicates(manifests: readonly Manifest[]): string[] {
  const sources = new Map<string, string>();
  const problems: string[] = [];
  for (const { source, pods, objects } of manifests) {
    for (const name of [...pods.map((pod) => `pod ${displayName(pod)}`), ...objects.map(objectKey)]) {
      const other = sources.get(name);
      if (other !== undefined) problems.push(`${source}: ${name} is already defined by ${other}`);
      sources.set(name, source);
    }
  }
  return problems;
}
