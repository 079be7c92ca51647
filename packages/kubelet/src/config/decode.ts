// Decodes one manifest file to pods: parses, checks, fills in defaults. All later code trusts the resulting Pod.

import { isObject } from '@berth/common/json/is-object.ts';
import type { YamlPath, YamlPosition } from '@berth/go-yaml/document.ts';
import { tryJson } from '@berth/go-yaml/json.ts';
import { yamlText } from '@berth/go-yaml/text.ts';
import { withDefaults } from '../api/defaults.ts';
import { type FieldError, formatFieldError, notSupported, required } from '../api/field-error.ts';
import { ManifestSyntaxError, readManifestDocuments } from '../api/manifest-text.ts';
import type { Pod } from '../api/pod.ts';
import { type JsonObject, readPodShape } from '../api/pod-shape.ts';
import { unsupportedFields } from '../api/supported-fields.ts';
import { isRunnable, validatePod } from '../api/validation/pod.ts';
import { asStaticPod, type StaticPodOrigin } from './static-pod.ts';

/** One pod of a manifest: valid, or its errors. */
export type DecodedPod =
  | {
      ok: true;
      pod: Pod;
      /** Fields of the manifest without effect. */
      warnings: readonly string[];
    }
  | {
      ok: false;
      /** The pod's `namespace/name` on this node, if the manifest contains a name. */
      key: string | undefined;
      message: string;
    };

/** The parameters of decoding. */
export interface DecodeOptions extends StaticPodOrigin {
  /** When the manifest was read. */
  seen: Date;
  /**
   * How to treat mistakes that the real kubelet ignores (unknown fields, duplicate keys): `strict` makes each an error
   * with line and column, for the author of the manifest; `warn` runs the pod and returns warnings.
   */
  validate: 'strict' | 'warn';
}

/**
 * The pods of a manifest: each document is a Pod, a PodList or a List of Pods. Throws ManifestSyntaxError when the
 * first document cannot be parsed; an error in one pod, or in a later document, does not affect the others.
 */
export function decodeManifest(content: Uint8Array | string, options: DecodeOptions): DecodedPod[] {
  const json = options.validate === 'warn' ? tryJson(yamlText(content)) : undefined;
  if (json !== undefined) return new Decoder(options).document(json);
  const [first, ...others] = readManifestDocuments(content);
  if (first instanceof ManifestSyntaxError) throw first;
  return [first, ...others].flatMap((document) => {
    if (document === undefined) return [];
    if (document instanceof ManifestSyntaxError) {
      return [{ ok: false, key: undefined, message: document.message }];
    }
    const { warnings, locate } = document;
    return new Decoder(options, warnings, locate).document(document.value);
  });
}

/** Decodes one document. */
class Decoder {
  readonly #options: DecodeOptions;
  /** Errors and warnings about the document's text. */
  readonly #warnings: readonly string[];
  readonly #locate: (path: YamlPath) => YamlPosition | undefined;

  constructor(
    options: DecodeOptions,
    warnings: readonly string[] = [],
    locate: (path: YamlPath) => YamlPosition | undefined = () => undefined,
  ) {
    this.#options = options;
    this.#warnings = warnings;
    this.#locate = options.validate === 'strict' ? locate : () => undefined;
  }

  document(value: unknown, itemKind?: string, at: YamlPath = []): DecodedPod[] {
    if (!isObject(value)) {
      const problem = 'not a Kubernetes object: it must have apiVersion, kind, metadata and spec';
      return [this.#failed(undefined, at, [{ path: '', problem }])];
    }
    const kind = value.kind ?? itemKind;
    const key = keyOf(value, this.#options.nodeName);
    if (kind === undefined || kind === '') {
      return [this.#failed(key, at, [required('kind', 'a manifest is of kind Pod, apiVersion v1')])];
    }
    if (kind !== 'Pod' && kind !== 'PodList' && kind !== 'List') {
      return [this.#failed(key, at, [notSupported('kind', kind, ['Pod', 'PodList', 'List'])])];
    }
    const apiVersion = value.apiVersion ?? (itemKind && 'v1');
    if (apiVersion === undefined) {
      return [this.#failed(key, at, [required('apiVersion', 'a Pod is of apiVersion v1')])];
    }
    if (apiVersion !== 'v1') return [this.#failed(key, at, [notSupported('apiVersion', apiVersion, ['v1'])])];
    if (kind === 'Pod') return [this.#pod(value, key, at)];
    const items = value.items;
    if (!Array.isArray(items)) return [this.#failed(undefined, at, [required('items')])];
    return items.flatMap((item: unknown, index) =>
      this.document(item, kind === 'PodList' ? 'Pod' : '', [...at, 'items', index]),
    );
  }

  #pod(value: JsonObject, key: string | undefined, at: YamlPath): DecodedPod {
    const shape = readPodShape(value);
    if ('errors' in shape) return this.#failed(key, at, shape.errors);
    const options = this.#options;
    const pod = withDefaults(asStaticPod(shape.pod, options, options.seen));
    const found = [...shape.ignored, ...unsupportedFields(pod), ...validatePod(pod)];
    const isStrict = options.validate === 'strict';
    const errors = found.filter(({ isIgnored }) => isStrict || !isIgnored);
    if (!isRunnable(pod, errors) || (isStrict && this.#warnings.length > 0)) {
      return this.#failed(key, at, errors);
    }
    return { ok: true, pod, warnings: [...this.#warnings, ...found.map((error) => formatFieldError(error))] };
  }

  #failed(key: string | undefined, at: YamlPath, errors: readonly FieldError[]): DecodedPod {
    const ofText = this.#options.validate === 'strict' ? this.#warnings : [];
    const messages = [...ofText, ...errors.map((error) => this.#placed(error, at))];
    return { ok: false, key, message: messages.join('; ') };
  }

  #placed(error: FieldError, at: YamlPath): string {
    const place = this.#locate([...at, ...stepsOf(error.at ?? error.path)]);
    const text = formatFieldError(error);
    return place === undefined ? text : `line ${place.line}, column ${place.column}: ${text}`;
  }
}

/** Splits `spec.containers[0].image` into steps. Brackets contain an index, or a key with dots. */
function stepsOf(path: string): (string | number)[] {
  return [...path.matchAll(/\[([^\]]*)\]|[^.[]+/g)].map(([word, inBrackets]) => {
    if (inBrackets === undefined) return word;
    return /^\d+$/.test(inBrackets) ? Number(inBrackets) : inBrackets;
  });
}

function keyOf(document: JsonObject, nodeName: string): string | undefined {
  const metadata = isObject(document.metadata) ? document.metadata : {};
  const { name, namespace } = metadata;
  if (typeof name !== 'string' || name === '') return undefined;
  return `${typeof namespace === 'string' && namespace ? namespace : 'default'}/${name}-${nodeName.toLowerCase()}`;
}
