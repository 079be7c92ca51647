// Runs a parsed template over a JSON document.
import type { Json } from '@berth/cri/json.ts';
import { type BlockNode, type Expression, type Node, parseTemplate } from './parse.ts';

/** The text that the template makes of `document`. Throws on bad templates and on fields that are not there. */
export function executeTemplate(template: string, document: Json): string {
  let nodes: Node[];
  try {
    nodes = parseTemplate(template);
  } catch (error) {
    throw new Error(`failed to generate go-template: ${error instanceof Error ? error.message : error}`);
  }
  return render(
    nodes,
    new Map([
      ['', document],
      ['$', document],
    ]),
  );
}

/** Values by name: '' for the dot, `$` for the document, `$name` for variables. */
type Scope = ReadonlyMap<string, Json>;

function within(scope: Scope, { variables }: BlockNode, key: Json, value: Json): Scope {
  const names = variables.length === 2 ? [key, value] : [value];
  return new Map([
    ...scope,
    ['', value],
    ...variables.map((name, index): [string, Json] => [name, names[index] ?? null]),
  ]);
}

function render(nodes: readonly Node[], scope: Scope): string {
  return nodes.map((node) => renderNode(node, scope)).join('');
}

function renderNode(node: Node, scope: Scope): string {
  if (node.kind === 'text') return node.text;
  const value = evaluate(node.value, scope);
  switch (node.kind) {
    case 'print':
      return text(value);
    case 'if':
      return render(isTrue(value) ? node.body : node.otherwise, scope);
    case 'with':
      return isTrue(value)
        ? render(node.body, within(scope, node, null, value))
        : render(node.otherwise, scope);
    case 'range': {
      const items = Array.isArray(value) ? [...value.entries()] : members(value);
      if (items.length === 0) return render(node.otherwise, scope);
      return items.map(([key, item]) => render(node.body, within(scope, node, key, item))).join('');
    }
  }
}

function evaluate(expression: Expression, scope: Scope): Json {
  if (expression.kind === 'literal') return expression.value;
  if (expression.kind === 'field') {
    const from = scope.get(expression.from);
    if (from === undefined)
      throw new Error(`failed to generate go-template: undefined variable "${expression.from}"`);
    return expression.path.reduce(member, from);
  }
  const { name, args } = expression;
  const implementation = Object.hasOwn(functions, name) ? functions[name] : undefined;
  if (implementation === undefined) {
    throw new Error(`failed to generate go-template: function "${name}" not defined`);
  }
  return implementation(args.map((arg) => evaluate(arg, scope)));
}

function member(value: Json, name: string): Json {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new Error(`failed to template data: can't evaluate field ${name} in ${JSON.stringify(value)}`);
  }
  if (!Object.hasOwn(value, name)) {
    throw new Error(`failed to template data: map has no entry for key "${name}"`);
  }
  return value[name] ?? null;
}

const functions: Readonly<Record<string, (args: readonly Json[]) => Json>> = {
  json: ([value = null]) => `${JSON.stringify(sorted(value))}\n`,
  lower: ([value = '']) => text(value).toLowerCase(),
  upper: ([value = '']) => text(value).toUpperCase(),
  title: ([value = '']) =>
    text(value).replace(/\p{L}[\p{L}\p{N}']*/gu, (word) => word[0]?.toUpperCase() + word.slice(1)),
  len: ([value = '']) =>
    typeof value === 'string'
      ? Buffer.byteLength(value)
      : Array.isArray(value)
        ? value.length
        : members(value).length,
  index: ([value = null, ...keys]) =>
    keys.reduce((found: Json, key) => {
      if (Array.isArray(found)) {
        const item = typeof key === 'number' ? found[key] : undefined;
        if (item === undefined) throw new Error(`failed to template data: index out of range: ${text(key)}`);
        return item;
      }
      return members(found).find(([name]) => name === key)?.[1] ?? null;
    }, value),
  eq: ([first = null, ...others]) => others.some((other) => other === first),
  ne: ([first = null, second = null]) => first !== second,
  not: ([value = null]) => !isTrue(value),
  and: (args) => args.find((arg) => !isTrue(arg)) ?? args.at(-1) ?? null,
  or: (args) => args.find(isTrue) ?? args.at(-1) ?? null,
  print: (args) => args.map(text).join(' '),
  println: (args) => `${args.map(text).join(' ')}\n`,
};

function members(value: Json): [string, Json][] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
}

function sorted(value: Json): Json {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(members(value).map(([key, item]) => [key, sorted(item)]));
}

function isTrue(value: Json): boolean {
  if (Array.isArray(value)) return value.length > 0;
  return typeof value === 'object' ? members(value).length > 0 : Boolean(value);
}

/** A value as Go prints it. */
function text(value: Json): string {
  if (value === null) return '<no value>';
  if (Array.isArray(value)) return `[${value.map(text).join(' ')}]`;
  if (typeof value === 'object') {
    return `map[${members(value)
      .map(([key, item]) => `${key}:${text(item)}`)
      .join(' ')}]`;
  }
  return String(value);
}
