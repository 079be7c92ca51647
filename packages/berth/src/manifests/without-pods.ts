// Takes pods out of the text of a manifest, and leaves the rest as its author wrote it. Pure.
import { isObject } from '@berth/common/json/is-object.ts';
import { cutOut, type YamlPart } from '@berth/go-yaml/cut-out.ts';
import { readYaml, YamlError } from '@berth/go-yaml/document.ts';

/** A manifest without some pods. */
export interface Remainder {
  readonly text: string;
  /** Whether nothing is left but comments. */
  readonly isEmpty: boolean;
}

/**
 * The manifest without the pods of these names, `namespace/name` as it has them; undefined when it has none of them.
 * @throws CutOutError when they cannot be removed without a change of the rest
 */
export function withoutPods(text: string, names: ReadonlySet<string>): Remainder | undefined {
  const parts: YamlPart[] = [];
  let left = 0;
  for (const [document, read] of readYaml(text).entries()) {
    const value = read instanceof YamlError ? undefined : read.value;
    if (value === null) continue;
    const found = partsOf(value, names);
    if (found === 'whole') parts.push({ document });
    else {
      left += 1;
      parts.push(...found.map((item) => ({ document, item })));
    }
  }
  return parts.length === 0
    ? undefined
    : { text: left === 0 ? '' : cutOut(text, parts), isEmpty: left === 0 };
}

/** The items of a document that go, or that all of it does. */
function partsOf(value: unknown, names: ReadonlySet<string>): 'whole' | number[] {
  if (!isObject(value)) return [];
  if (isPodOf(value, names, undefined)) return 'whole';
  const { kind, items } = value;
  if ((kind !== 'List' && kind !== 'PodList') || !Array.isArray(items)) return [];
  const gone = [...items.entries()].flatMap(([index, item]) => (isPodOf(item, names, kind) ? [index] : []));
  return gone.length > 0 && gone.length === items.length ? 'whole' : gone;
}

function isPodOf(value: unknown, names: ReadonlySet<string>, list: unknown): boolean {
  if (!isObject(value) || !isObject(value.metadata)) return false;
  const { kind = list === 'PodList' ? 'Pod' : undefined } = value;
  const { namespace, name } = value.metadata;
  return kind === 'Pod' && names.has(`${namespace || 'default'}/${name}`);
}
