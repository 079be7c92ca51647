// A manifest with workloads as the kubelet takes it, which knows pods, ConfigMaps and Secrets: pure.
import { isObject } from '@berth/common/json/is-object.ts';
import type { YamlPath } from '@berth/go-yaml/document.ts';
import { goYaml, type Json } from '@berth/go-yaml/print.ts';
import { type FieldError, fieldSteps, formatFieldError } from '@berth/kubelet/api/field-error.ts';
import { ManifestSyntaxError, readManifestDocuments } from '@berth/kubelet/api/manifest-text.ts';
import type { JsonObject } from '@berth/kubelet/api/pod-shape.ts';
import { type Decoded, type DecodeOptions, decodeDocument } from '@berth/kubelet/config/decode.ts';
import { expandWorkload, templatePath } from './expand.ts';
import { clusterKinds, workloadKinds } from './kinds.ts';

/** A problem with one object of a manifest. */
export interface ManifestProblem {
  /** `Deployment default/web`, or the key of a pod or an object. */
  readonly subject: string | undefined;
  readonly message: string;
  /** The manifest can run without it. */
  readonly isIgnored: boolean;
}

/** What becomes of a manifest with workloads. */
export interface ExpandedManifest {
  /** The pods, ConfigMaps and Secrets, as the text of a manifest. */
  readonly text: string;
  readonly problems: readonly ManifestProblem[];
  /** What is otherwise than in a cluster. */
  readonly notes: readonly string[];
}

/** One object of a manifest. */
interface Item {
  readonly value: unknown;
  /** Where it is in its document. */
  readonly at: YamlPath;
  readonly warnings: readonly string[];
  locate(path: YamlPath): { line: number; column: number } | undefined;
}

/**
 * Expands the workloads of a manifest; undefined when it has none, and no kind that only a cluster has: the kubelet takes
 * such a text as it is, or says what is wrong with it.
 */
export function expandManifest(
  text: string,
  options: Omit<DecodeOptions, 'validate'>,
): ExpandedManifest | undefined {
  const documents = readManifestDocuments(text);
  const read = documents.flatMap((document) => (document instanceof ManifestSyntaxError ? [] : [document]));
  const items = read.flatMap(({ value, warnings, locate }) => itemsOf(value, { at: [], warnings, locate }));
  if (!items.some(({ value }) => isBeyondKubelet(kindOf(value)))) return undefined;
  const broken = documents.flatMap((document): ManifestProblem[] =>
    document instanceof ManifestSyntaxError
      ? [{ subject: undefined, message: document.message, isIgnored: false }]
      : [],
  );
  const parts = items.map((item) => expandItem(item, options));
  return {
    text: parts.flatMap(({ objects }) => objects.map((object) => goYaml(asJson(object)))).join('---\n'),
    problems: [...broken, ...parts.flatMap(({ problems }) => problems)],
    notes: parts.flatMap(({ notes }) => notes),
  };
}

interface Part {
  objects: readonly unknown[];
  problems: readonly ManifestProblem[];
  notes: readonly string[];
}

/** The items of a List, or the object itself. */
function itemsOf(value: unknown, context: Omit<Item, 'value'>): Item[] {
  if (!isObject(value) || value.kind !== 'List' || !Array.isArray(value.items))
    return [{ value, ...context }];
  return value.items.flatMap((item: unknown, index) =>
    itemsOf(item, { ...context, at: [...context.at, 'items', index] }),
  );
}

function kindOf(value: unknown): string {
  return isObject(value) && typeof value.kind === 'string' ? value.kind : '';
}

function isBeyondKubelet(kind: string): boolean {
  return Object.hasOwn(workloadKinds, kind) || Object.hasOwn(clusterKinds, kind);
}

function expandItem(item: Item, options: Omit<DecodeOptions, 'validate'>): Part {
  const { value } = item;
  const kind = kindOf(value);
  if (!isObject(value) || !isBeyondKubelet(kind))
    return { objects: [value], problems: decodingProblems(value, item, [], options), notes: [] };
  const subject = subjectOf(kind, value);
  const textProblems = item.warnings.map((message) => ({ subject, message, isIgnored: true }));
  const reason = Object.hasOwn(clusterKinds, kind) ? clusterKinds[kind] : undefined;
  if (reason !== undefined)
    return { objects: [], problems: [{ subject, message: reason, isIgnored: true }], notes: [] };
  const { pods, errors, notes } = expandWorkload(kind, value);
  const problems = [
    ...textProblems,
    ...errors.map((error) => ({
      subject,
      message: placed(error, item, []),
      isIgnored: error.isIgnored === true,
    })),
    // All pods are made of one template: tell each fault once.
    ...pods.flatMap((pod) =>
      decodingProblems(pod, item, templatePath, options).map((each) => ({ ...each, subject })),
    ),
  ];
  return {
    objects: pods,
    problems: problems.filter(
      ({ message }, index) => problems.findIndex((other) => other.message === message) === index,
    ),
    notes: notes.map((note) => `${subject}: ${note}`),
  };
}

/** What the kubelet says of a pod or an object, which is at `inItem` in the item. */
function decodingProblems(
  value: unknown,
  { at, warnings, locate }: Item,
  inItem: YamlPath,
  options: Omit<DecodeOptions, 'validate'>,
): ManifestProblem[] {
  const decode = (validate: DecodeOptions['validate']): Decoded[] =>
    decodeDocument(
      value,
      { ...options, validate },
      {
        warnings: inItem.length === 0 ? warnings : [],
        locate: (path) => locate([...at, ...inItem, ...path]),
      },
    );
  const runs = decode('warn').every(({ ok }) => ok);
  return decode('strict').flatMap((entry) =>
    entry.ok ? [] : [{ subject: subjectOfKey(entry.key), message: entry.message, isIgnored: runs }],
  );
}

function subjectOfKey(key: string | undefined): string | undefined {
  if (key === undefined) return undefined;
  return /^(ConfigMap|Secret) /.test(key) ? key : `pod ${key}`;
}

function subjectOf(kind: string, { metadata }: JsonObject): string {
  const { name, namespace } = isObject(metadata) ? metadata : {};
  if (typeof name !== 'string') return kind;
  return `${kind} ${typeof namespace === 'string' && namespace !== '' ? namespace : 'default'}/${name}`;
}

function placed(error: FieldError, { at, locate }: Item, inItem: YamlPath): string {
  const place = locate([...at, ...inItem, ...fieldSteps(error)]);
  const text = formatFieldError(error);
  return place === undefined ? text : `line ${place.line}, column ${place.column}: ${text}`;
}

/** What was parsed, as it can be printed: a whole number that a JavaScript number would round is as good as a string. */
function asJson(value: unknown): Json {
  if (Array.isArray(value)) return value.map(asJson);
  if (isObject(value))
    return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, asJson(each)]));
  if (typeof value === 'bigint') return Number(value);
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? value : null;
}
