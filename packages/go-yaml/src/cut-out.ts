// Removes documents and items of lists from a text, and leaves the rest as its author wrote it.
import { CST, Parser } from 'yaml';
import { tryJson } from './json.ts';

/** A document by its index, or an item of its field `items`. */
export interface YamlPart {
  readonly document: number;
  readonly item?: number;
}

/** A part cannot be removed without a change of the rest. */
export class CutOutError extends Error {
  override readonly name = 'CutOutError';
}

/**
 * The text without these parts. Comments and the layout of the rest stay, except in JSON. Throws CutOutError for an item
 * of a list in brackets inside YAML.
 *
 * @example
 * const text = '# mine\nkind: Pod\n---\nkind: List\nitems:\n- a: 1 # one\n- b: 2\n';
 * assert.equal(cutOut(text, [{ document: 0 }]), '# mine\n---\nkind: List\nitems:\n- a: 1 # one\n- b: 2\n');
 * assert.equal(cutOut(text, [{ document: 1, item: 1 }]), '# mine\nkind: Pod\n---\nkind: List\nitems:\n- a: 1 # one\n');
 */
export function cutOut(text: string, parts: readonly YamlPart[]): string {
  const json = tryJson(text);
  if (json !== undefined) return jsonWithout(json, parts);
  let index = -1;
  return [...new Parser().parse(text)]
    .flatMap((token) => {
      if (token.type !== 'document') return [CST.stringify(token)];
      index += 1;
      const own = parts.filter(({ document }) => document === index);
      if (own.length === 0) return [CST.stringify(token)];
      if (own.some(({ item }) => item === undefined)) return [];
      return [documentWithout(token, new Set(own.map(({ item }) => item)))];
    })
    .join('');
}

function jsonWithout(value: unknown, parts: readonly YamlPart[]): string {
  if (parts.some(({ item }) => item === undefined)) return '';
  const items = new Set(parts.map(({ item }) => item));
  const list = { ...(value as { items: unknown[] }) };
  return `${JSON.stringify({ ...list, items: list.items.filter((_, index) => !items.has(index)) }, null, 2)}\n`;
}

function documentWithout(document: CST.Document, items: ReadonlySet<number | undefined>): string {
  const list = itemsOf(document);
  if (list?.type !== 'block-seq') throw new CutOutError('its list of items is in brackets');
  list.items = list.items.filter((_, index) => !items.has(index));
  return CST.stringify(document);
}

function itemsOf({ value }: CST.Document): CST.Token | null | undefined {
  if (value?.type !== 'block-map') return undefined;
  return value.items.find(
    ({ key }) => key && CST.isScalar(key) && CST.resolveAsScalar(key)?.value === 'items',
  )?.value;
}
