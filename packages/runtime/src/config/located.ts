// Parses YAML and keeps the position of each value, so that errors name file, line, column and field.

import {
  type Document,
  isMap,
  isNode,
  isPair,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseDocument,
} from 'yaml';

/** Path of a value in a document: keys of mappings and indexes of lists, from the top. */
export type ValuePath = readonly (string | number)[];

/** An invalid setting: names file, line and column, the field (`cni.pluginDirs[1]`) and the reason. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';

  constructor(place: string, field: string, problem: string) {
    super(`${place}: ${field === '' ? '' : `${field}: `}${problem}`);
  }
}

/** A document as plain data that can report the position of an invalid value. */
export interface LocatedDocument {
  /** Mappings as objects, lists as arrays; undefined for an empty document. */
  readonly value: unknown;
  /** Throws a ConfigError about the value at `path`, or about its key. */
  fail(path: ValuePath, problem: string): never;
  /** Warns about the value at `path`, which is ignored. */
  warn(path: ValuePath, problem: string): void;
}

/** Parses YAML. Throws a ConfigError for invalid YAML and for more than one document. */
export function parseLocated(
  source: string,
  file: string,
  onWarning: (message: string) => void,
): LocatedDocument {
  const lines = new LineCounter();
  const document = parseDocument(source, { lineCounter: lines, prettyErrors: false });
  const errorAt = (offset: number | undefined, path: ValuePath, problem: string): ConfigError => {
    const at = offset === undefined ? undefined : lines.linePos(offset);
    const place = at === undefined ? file : `${file}:${at.line}:${at.col}`;
    return new ConfigError(place, formatPath(path), problem);
  };
  const syntax = document.errors[0];
  if (syntax !== undefined) {
    const advice = /^Tabs are not allowed/.test(syntax.message) ? '; use spaces' : '';
    throw errorAt(syntax.pos[0], [], syntax.message + advice);
  }
  return {
    value: document.contents === null ? undefined : document.toJS(),
    fail: (path, problem) => {
      throw errorAt(offsetOf(document, path), path, problem);
    },
    warn: (path, problem) => onWarning(errorAt(offsetOf(document, path), path, problem).message),
  };
}

/** `['cni', 'pluginDirs', 1]` as `cni.pluginDirs[1]`. */
function formatPath(path: ValuePath): string {
  return path
    .map((step, index) => (typeof step === 'number' ? `[${step}]` : `${index === 0 ? '' : '.'}${step}`))
    .join('');
}

/** Position of the key or list item at `path`, or of the nearest parent that exists. */
function offsetOf(document: Document, path: ValuePath): number | undefined {
  let node: unknown = document.contents;
  let offset = startOf(node);
  for (const step of path) {
    if (isMap(node)) {
      const pair = node.items.find(({ key }) => (isScalar(key) ? String(key.value) : String(key)) === step);
      if (!isPair(pair)) break;
      offset = startOf(pair.key) ?? offset;
      node = pair.value;
    } else if (isSeq(node) && typeof step === 'number') {
      node = node.items[step];
      offset = startOf(node) ?? offset;
    } else break;
  }
  return offset;
}

function startOf(node: unknown): number | undefined {
  return isNode(node) ? (node as Node).range?.[0] : undefined;
}
