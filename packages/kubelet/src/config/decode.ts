// Decodes one manifest file to pods and the objects that they refer to: parses, checks, fills in defaults. All later code
// trusts the results.

import { isObject } from '@berth/common/json/is-object.ts';
import type { YamlDocument, YamlPath, YamlPosition } from '@berth/go-yaml/document.ts';
import { tryJson } from '@berth/go-yaml/json.ts';
import { yamlText } from '@berth/go-yaml/text.ts';
import { asEncoded } from '../api/as-encoded.ts';
import { withDefaults } from '../api/defaults.ts';
import { type FieldError, fieldSteps, formatFieldError, notSupported, required } from '../api/field-error.ts';
import { ManifestSyntaxError, readManifestDocuments } from '../api/manifest-text.ts';
import type { Pod } from '../api/pod.ts';
import { type JsonObject, readShape } from '../api/pod-shape.ts';
import { unsupportedFields } from '../api/supported-fields.ts';
import { isRunnable, validatePod } from '../api/validation/pod.ts';
import { decodeObject } from '../objects/decode.ts';
import { objectKey } from '../objects/objects.ts';
import type { NodeObject } from '../objects/types.ts';
import { asStaticPod } from './static-pod.ts';
import type { ManifestOrigin } from './static-pod-uid/static-pod-uid.ts';

/** One pod or object of a manifest: valid, or its errors. */
export type Decoded =
  | {
      ok: true;
      pod: Pod;
      object?: undefined;
      /** Fields of the manifest without effect. */
      warnings: readonly string[];
    }
  | { ok: true; object: NodeObject; pod?: undefined; warnings: readonly string[] }
  | {
      ok: false;
      /** The pod's `namespace/name` on this node, or objectKey of an object; if the manifest contains a name. */
      key: string | undefined;
      message: string;
    };

/** The parameters of decoding. */
export interface DecodeOptions extends ManifestOrigin {
  /** When the manifest was read. */
  seen: Date;
  /**
   * How to treat mistakes that the real kubelet ignores (unknown fields, duplicate keys): `strict` makes each an error
   * with line and column, for the author of the manifest; `warn` runs the pod and returns warnings.
   */
  validate: 'strict' | 'warn';
}

const kinds = ['Pod', 'ConfigMap', 'Secret'] as const;
const lists = ['List', ...kinds.map((kind) => `${kind}List`)];

/**
 * The pods and objects of a manifest: each document is a Pod, a ConfigMap, a Secret, or a list of them. Throws
 * ManifestSyntaxError when the first document cannot be parsed; an error in one pod, or in a later document, does not
 * affect the others.
 */
export function decodeManifest(content: Uint8Array | string, options: DecodeOptions): Decoded[] {
  const json = options.validate === 'warn' ? tryJson(yamlText(content)) : undefined;
  if (json !== undefined) return new Decoder(options).document(json);
  const [first, ...others] = readManifestDocuments(content);
  if (first instanceof ManifestSyntaxError) throw first;
  return [first, ...others].flatMap((document) => {
    if (document === undefined) return [];
    if (document instanceof ManifestSyntaxError) {
      return [{ ok: false, key: undefined, message: document.message }];
    }
    return decodeDocument(document.value, options, document);
  });
}

/**
 * The pods and objects of one document, whose text was parsed elsewhere; as decodeManifest.
 * @param text warnings about the text, and where a field of the document is in it
 */
export function decodeDocument(
  value: unknown,
  options: DecodeOptions,
  text: Pick<YamlDocument, 'warnings' | 'locate'>,
): Decoded[] {
  return new Decoder(options, text.warnings, text.locate).document(value);
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

  document(value: unknown, itemKind?: string, at: YamlPath = []): Decoded[] {
    if (!isObject(value)) {
      const problem = 'not a Kubernetes object: it must have apiVersion, kind, metadata and spec';
      return [this.#failed(undefined, at, [{ path: '', problem }])];
    }
    const kind = value.kind ?? itemKind;
    const known = kinds.find((each) => each === kind);
    const key = keyOf(known, value, this.#options.nodeName);
    if (kind === undefined || kind === '') {
      return [this.#failed(key, at, [required('kind', 'a manifest is of kind Pod, apiVersion v1')])];
    }
    if (known === undefined && (typeof kind !== 'string' || !lists.includes(kind))) {
      return [this.#failed(key, at, [notSupported('kind', kind, [...kinds, ...lists])])];
    }
    const apiVersion = value.apiVersion ?? (itemKind && 'v1');
    if (apiVersion === undefined) {
      return [this.#failed(key, at, [required('apiVersion', `a ${kind} is of apiVersion v1`)])];
    }
    if (apiVersion !== 'v1') return [this.#failed(key, at, [notSupported('apiVersion', apiVersion, ['v1'])])];
    if (known === 'Pod') return [this.#pod(value, key, at)];
    if (known !== undefined) return [this.#object(known, value, key, at)];
    const items = value.items;
    if (!Array.isArray(items)) return [this.#failed(undefined, at, [required('items')])];
    return items.flatMap((item: unknown, index) =>
      this.document(item, kinds.find((each) => kind === `${each}List`) ?? '', [...at, 'items', index]),
    );
  }

  #object(kind: NodeObject['kind'], value: JsonObject, key: string | undefined, at: YamlPath): Decoded {
    const { object, found } = decodeObject(kind, value);
    const isStrict = this.#options.validate === 'strict';
    const errors = found.filter(({ isIgnored }) => isStrict || !isIgnored);
    if (object === undefined || errors.length > 0 || (isStrict && this.#warnings.length > 0)) {
      return this.#failed(key, at, errors);
    }
    return { ok: true, object, warnings: [...this.#warnings, ...found.map(formatFieldError)] };
  }

  #pod(value: JsonObject, key: string | undefined, at: YamlPath): Decoded {
    const shape = readShape('Pod', value);
    if ('errors' in shape) return this.#failed(key, at, shape.errors);
    const options = this.#options;
    const manifest = { pod: shape.object, written: value };
    const pod = withDefaults(asStaticPod(manifest, options, options.seen));
    const found = [...shape.ignored, ...unsupportedFields(pod), ...validatePod(pod)];
    const isStrict = options.validate === 'strict';
    const errors = found.filter(({ isIgnored }) => isStrict || !isIgnored);
    if (!isRunnable(pod, errors) || (isStrict && this.#warnings.length > 0)) {
      return this.#failed(key, at, errors);
    }
    return {
      ok: true,
      pod: {
        metadata: asEncoded('v1.ObjectMeta', pod.metadata),
        spec: asEncoded('core.PodSpec', pod.spec),
      },
      warnings: [...this.#warnings, ...found.map((error) => formatFieldError(error))],
    };
  }

  #failed(key: string | undefined, at: YamlPath, errors: readonly FieldError[]): Decoded {
    const ofText = this.#options.validate === 'strict' ? this.#warnings : [];
    const messages = [...ofText, ...errors.map((error) => this.#placed(error, at))];
    return { ok: false, key, message: messages.join('; ') };
  }

  #placed(error: FieldError, at: YamlPath): string {
    const place = this.#locate([...at, ...fieldSteps(error)]);
    const text = formatFieldError(error);
    return place === undefined ? text : `line ${place.line}, column ${place.column}: ${text}`;
  }
}

function keyOf(
  kind: (typeof kinds)[number] | undefined,
  document: JsonObject,
  nodeName: string,
): string | undefined {
  const metadata = isObject(document.metadata) ? document.metadata : {};
  const { name } = metadata;
  if (typeof name !== 'string' || name === '') return undefined;
  const namespace =
    typeof metadata.namespace === 'string' && metadata.namespace ? metadata.namespace : 'default';
  if (kind === 'ConfigMap' || kind === 'Secret') return objectKey({ kind, namespace, name });
  return `${namespace}/${name}-${nodeName.toLowerCase()}`;
}
