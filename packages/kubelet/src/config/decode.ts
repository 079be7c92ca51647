// One manifest file to the pods that it asks for. Everything after this trusts the Pod it is given.

import { withDefaults } from '../api/defaults.ts';
import { type FieldError, formatFieldErrors, notSupported, required } from '../api/field-error.ts';
import { parseManifestText } from '../api/manifest-text.ts';
import type { Pod } from '../api/pod.ts';
import { isJsonObject, type JsonObject, readPodShape } from '../api/pod-shape.ts';
import { unsupportedFields } from '../api/supported-fields.ts';
import type { SysctlRules } from '../api/validate-security.ts';
import { isRunnable, validatePod } from '../api/validation.ts';
import { asStaticPod, type StaticPodOrigin } from './static-pod.ts';

/** One pod of a manifest: fit to run, or what is wrong with it. */
export type DecodedPod =
  | { ok: true; pod: Pod }
  | {
      ok: false;
      /** `namespace/name` as the pod would be called on this node, when the manifest says that much. */
      key: string | undefined;
      message: string;
    };

/** What decoding depends on besides the text. */
export interface DecodeOptions extends StaticPodOrigin {
  sysctls: SysctlRules;
  /** When the manifest was read. */
  seen: Date;
}

/**
 * The pods of a manifest: each document is a Pod, a PodList or a List of Pods. Throws ManifestSyntaxError when
 * the text as a whole can not be read; a fault in one pod leaves the others.
 */
export function decodeManifest(text: string, options: DecodeOptions): DecodedPod[] {
  return parseManifestText(text).flatMap((document) => decodeDocument(document, options, undefined));
}

function decodeDocument(
  document: unknown,
  options: DecodeOptions,
  itemKind: string | undefined,
): DecodedPod[] {
  if (!isJsonObject(document)) {
    return [
      failed(undefined, [
        { path: '', problem: 'not a Kubernetes object: it must have apiVersion, kind, metadata and spec' },
      ]),
    ];
  }
  const kind = document.kind ?? itemKind;
  const key = keyOf(document, options.nodeName);
  if (kind === undefined || kind === '')
    return [failed(key, [required('kind', 'a manifest is of kind Pod, apiVersion v1')])];
  if (kind !== 'Pod' && kind !== 'PodList' && kind !== 'List') {
    return [failed(key, [notSupported('kind', kind, ['Pod', 'PodList', 'List'])])];
  }
  const apiVersion = document.apiVersion ?? (itemKind && 'v1');
  if (apiVersion === undefined) return [failed(key, [required('apiVersion', 'a Pod is of apiVersion v1')])];
  if (apiVersion !== 'v1') return [failed(key, [notSupported('apiVersion', apiVersion, ['v1'])])];
  if (kind === 'Pod') return [decodePod(document, key, options)];
  const items = document.items;
  if (!Array.isArray(items)) return [failed(undefined, [required('items')])];
  return items.flatMap((item: unknown) => decodeDocument(item, options, kind === 'PodList' ? 'Pod' : ''));
}

function decodePod(document: JsonObject, key: string | undefined, options: DecodeOptions): DecodedPod {
  const shape = readPodShape(document);
  if ('errors' in shape) return failed(key, shape.errors);
  const pod = withDefaults(asStaticPod(shape.pod, options, options.seen));
  const errors = [...unsupportedFields(pod), ...validatePod(pod, options.sysctls)];
  return isRunnable(pod, errors) ? { ok: true, pod } : failed(key, errors);
}

function failed(key: string | undefined, errors: readonly FieldError[]): DecodedPod {
  return { ok: false, key, message: formatFieldErrors(errors) };
}

function keyOf(document: JsonObject, nodeName: string): string | undefined {
  const metadata = isJsonObject(document.metadata) ? document.metadata : {};
  const { name, namespace } = metadata;
  if (typeof name !== 'string' || name === '') return undefined;
  return `${typeof namespace === 'string' && namespace ? namespace : 'default'}/${name}-${nodeName.toLowerCase()}`;
}
