// Reads YAML as Kubernetes' Go tools do (YAMLToJSON of sigs.k8s.io/yaml): merge keys, redefined anchors, the last of
// duplicate keys, keys of any scalar type, and a limit of the expansion of aliases.

import {
  type Alias,
  type Document,
  isAlias,
  isMap,
  isNode,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  type ParsedNode,
  parseAllDocuments,
  type Scalar as ScalarNode,
  visit,
  type YAMLMap,
  type YAMLParseError,
  type YAMLSeq,
} from 'yaml';
import { AliasBudget } from './alias-budget.ts';
import { goText } from './go-text.ts';
import { tryJson } from './json.ts';
import { type Reindented, reindent } from './reindent.ts';
import { plainScalar, type Scalar, ScalarError, taggedScalar } from './scalar.ts';
import { yamlText } from './text.ts';

/** The path of a value in a document: keys and indexes from the root. */
export type YamlPath = readonly (string | number)[];

/** A position in the text; both count from 1. */
export interface YamlPosition {
  readonly line: number;
  readonly column: number;
}

/** A text is not YAML, or cannot be converted to JSON. The message begins with the position. */
export class YamlError extends Error {
  override readonly name = 'YamlError';
}

/** Errors of the parser that may vanish when lines inside quotes and brackets are indented further. */
class IndentationError extends YamlError {}

/** One document of a text. */
export interface YamlDocument {
  /** Its JSON value: null for an empty document, a bigint for an integer that a number would round. */
  readonly value: unknown;
  /** Warnings: duplicate keys, of which the last one is used, and text that is ignored. */
  readonly warnings: readonly string[];
  /** The position of the value at a path, or else of its nearest existing ancestor. */
  locate(path: YamlPath): YamlPosition | undefined;
}

/**
 * The value of the first document, the only one that Go's Unmarshal reads. Throws YamlError.
 *
 * @example
 * // YAML 1.1, as Kubernetes reads it: `yes` is a boolean, and 0700 an octal number.
 * assert.deepEqual(parseYaml('{ hostNetwork: yes, defaultMode: 0700 }'), { hostNetwork: true, defaultMode: 448 });
 * // A number that a float64 cannot hold is not rounded.
 * assert.deepEqual(parseYaml('big: 9007199254740993'), { big: 9007199254740993n });
 * assert.throws(() => parseYaml('a: [1'), YamlError);
 */
export function parseYaml(input: Uint8Array | string): unknown {
  const text = yamlText(input);
  const json = tryJson(text);
  if (json !== undefined) return json;
  const [first] = readYaml(text);
  if (first === undefined) return null;
  if (first instanceof YamlError) throw first;
  return first.value;
}

/**
 * All documents of a text; an error in one does not affect the others.
 *
 * @example
 * const [pod, broken] = readYaml('spec:\n  hostNetwork: true\n  hostNetwork: false\n---\na: [1\n');
 * assert.ok(pod !== undefined && !(pod instanceof YamlError));
 * assert.deepEqual(pod.value, { spec: { hostNetwork: false } });
 * assert.match(pod.warnings.join(), /hostNetwork/);
 * assert.deepEqual(pod.locate(['spec', 'hostNetwork']), { line: 3, column: 3 });
 * assert.ok(broken instanceof YamlError);
 */
export function readYaml(input: Uint8Array | string): (YamlDocument | YamlError)[] {
  const text = yamlText(input);
  const read = readText({ text, shifts: new Map() });
  return read.some((document) => document instanceof IndentationError) ? readText(reindent(text)) : read;
}

function readText({ text, shifts }: Reindented): (YamlDocument | YamlError)[] {
  const lines = new LineCounter();
  const positionOf = (offset: number): YamlPosition => {
    const { line, col } = lines.linePos(offset);
    return { line, column: Math.max(1, col - (shifts.get(line) ?? 0)) };
  };
  const documents = parseAllDocuments(text, {
    version: '1.1',
    // Parse scalars as texts; scalar.ts resolves their types.
    schema: 'failsafe',
    resolveKnownTags: false,
    uniqueKeys: false,
    prettyErrors: false,
    lineCounter: lines,
  });
  if (!Array.isArray(documents)) return [];
  return documents.map((document) => {
    const described = ({ pos, message }: YAMLParseError) =>
      `${placeText(positionOf(pos[0]))}: ${withAdvice(message)}`;
    const problem = document.errors.find((error) => !isTolerated(error));
    if (problem) return new (isOfIndentation(problem) ? IndentationError : YamlError)(described(problem));
    try {
      return new Reader(document, positionOf, document.errors.map(described)).read();
    } catch (error) {
      if (error instanceof YamlError) return error;
      if (error instanceof RangeError) return new YamlError('nested too deeply');
      throw error;
    }
  });
}

/** Errors that Go's parser does not report, as it accepts the text or stops at the end of the first value. */
function isTolerated({ message }: { message: string }): boolean {
  return /^Comments must be separated|^Unexpected .* at node end$|^Unexpected .* in YAML (document|stream)/.test(
    message,
  );
}

function isOfIndentation({ message }: { message: string }): boolean {
  return /^Flow \w+ in block collection must be sufficiently indented|^Missing closing/.test(message);
}

function placeText({ line, column }: YamlPosition): string {
  return `line ${line}, column ${column}`;
}

/** Converts the nodes of one document to values. */
class Reader {
  readonly #document: Document.Parsed;
  readonly #positionOf: (offset: number) => YamlPosition;
  readonly #targets = new Map<Alias, Node>();
  readonly #open = new Set<Alias>();
  readonly #budget = new AliasBudget();
  readonly #warnings: string[];

  constructor(
    document: Document.Parsed,
    positionOf: (offset: number) => YamlPosition,
    warnings: readonly string[],
  ) {
    this.#document = document;
    this.#positionOf = positionOf;
    this.#warnings = [...warnings];
  }

  read(): YamlDocument {
    this.#bindAliases();
    const { contents } = this.#document;
    return {
      value: contents === null ? null : this.#value(contents),
      warnings: this.#warnings,
      locate: (path) => this.#locate(path),
    };
  }

  /** The node of an alias: the last anchor with its name in front of it. */
  #bindAliases(): void {
    const anchors = new Map<string, Node>();
    visit(this.#document, {
      Node: (_key, node) => {
        if (isAlias(node)) {
          const target = anchors.get(node.source);
          if (target === undefined) throw this.#error(node, `unknown anchor "${node.source}"`);
          this.#targets.set(node, target);
        } else if (node.anchor !== undefined) anchors.set(node.anchor, node);
      },
    });
  }

  #value(node: unknown): unknown {
    if (!this.#budget.spend(this.#open.size > 0)) {
      throw this.#error(node, 'the document contains excessive aliasing');
    }
    if (isAlias(node)) return this.#within(node, (target) => this.#value(target));
    if (isMap(node)) {
      const object: Record<string, unknown> = {};
      this.#readInto(object, node);
      return object;
    }
    if (isSeq(node)) return node.items.map((item) => this.#value(item));
    return isScalar(node) ? this.#scalar(node) : null;
  }

  #within<Result>(alias: Alias, read: (target: Node) => Result): Result {
    const target = this.#targets.get(alias);
    if (target === undefined || this.#open.has(alias)) {
      throw this.#error(alias, `the value of anchor "${alias.source}" contains itself`);
    }
    this.#open.add(alias);
    try {
      return read(target);
    } finally {
      this.#open.delete(alias);
    }
  }

  #readInto(object: Record<string, unknown>, map: YAMLMap): void {
    const own = new Set<string>();
    for (const { key, value } of map.items) {
      if (isMergeKey(key)) {
        this.#merge(object, value);
        continue;
      }
      const name = this.#key(key);
      // Warn once, not again for an alias.
      if (own.has(name) && this.#open.size === 0) {
        this.#warnings.push(`${this.#placeOf(key)}key ${JSON.stringify(name)} is already set`);
      }
      own.add(name);
      set(object, name, this.#value(value));
    }
  }

  /** Sets the keys of a merge key `<<` in place; of a list of mappings the first one takes precedence. */
  #merge(object: Record<string, unknown>, source: unknown): void {
    const sources = isSeq(source) ? (source as YAMLSeq).items.toReversed() : [source];
    for (const each of sources) {
      const mergeMap = (map: unknown): void => {
        if (!isMap(map)) throw this.#error(each, 'a merge (<<) requires a mapping, or a list of mappings');
        this.#readInto(object, map);
      };
      if (isAlias(each)) this.#within(each, mergeMap);
      else mergeMap(each);
    }
  }

  #key(node: unknown): string {
    const value = this.#value(node);
    if (value === null || typeof value === 'object') throw this.#error(node, 'a key must be a scalar');
    return goText(value as Scalar);
  }

  #scalar(node: ScalarNode): Scalar {
    const text = node.source ?? '';
    try {
      const value = scalarOf(node, text);
      if (typeof value !== 'number' || Number.isFinite(value)) return value;
    } catch (error) {
      if (error instanceof ScalarError) throw this.#error(node, error.message);
      throw error;
    }
    throw this.#error(node, `JSON has no number ${text}`);
  }

  #error(node: unknown, problem: string): YamlError {
    return new YamlError(this.#placeOf(node) + problem);
  }

  #placeOf(node: unknown): string {
    const offset = offsetOf(node);
    return offset === undefined ? '' : `${placeText(this.#positionOf(offset))}: `;
  }

  #locate(path: YamlPath): YamlPosition | undefined {
    let node: unknown = this.#document.contents;
    let offset = offsetOf(node);
    for (const step of path) {
      if (isAlias(node)) node = this.#targets.get(node);
      if (isMap(node)) {
        const pair = this.#pair(node, String(step));
        if (pair === undefined) break;
        offset = offsetOf(pair.key) ?? offset;
        node = pair.value;
      } else if (isSeq(node) && typeof step === 'number') {
        node = node.items[step];
        offset = offsetOf(node) ?? offset;
      } else break;
    }
    return offset === undefined ? undefined : this.#positionOf(offset);
  }

  #pair(map: YAMLMap, name: string): { key: unknown; value: unknown } | undefined {
    return map.items.findLast(
      ({ key }) => !isMergeKey(key) && isScalar(key) && goText(this.#scalar(key)) === name,
    );
  }
}

function scalarOf(node: ScalarNode, text: string): Scalar {
  if (node.tag !== undefined && node.tag !== '!') return taggedScalar(node.tag, text);
  return node.tag === '!' || node.type === 'PLAIN' || node.type === undefined ? plainScalar(text) : text;
}

function isMergeKey(key: unknown): boolean {
  if (!isScalar(key) || key.source !== '<<') return false;
  return key.tag === 'tag:yaml.org,2002:merge' || (key.tag === undefined && key.type === 'PLAIN');
}

/** Sets a key; also `__proto__` becomes an ordinary property. */
function set(object: Record<string, unknown>, name: string, value: unknown): void {
  Object.defineProperty(object, name, { value, enumerable: true, writable: true, configurable: true });
}

function offsetOf(node: unknown): number | undefined {
  return isNode(node) ? (node as ParsedNode).range?.[0] : undefined;
}

/** The parser's message, with what to do where it does not say so. */
function withAdvice(message: string): string {
  return /^Tabs are not allowed/.test(message) ? `${message}; use spaces` : message;
}
