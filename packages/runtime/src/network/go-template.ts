import {
  type Expression,
  parseTemplate,
  TemplateError,
  type TemplateNode,
  type TemplateValue,
} from './go-template-parse.ts';

type Data = Readonly<Record<string, TemplateValue>>;
/** `dot` is undefined at the top, where fields are the data's. */
interface Scope {
  readonly data: Data;
  readonly dot: TemplateValue | undefined;
  readonly variables: ReadonlyMap<string, TemplateValue>;
}

/**
 * Renders a template of Go's text/template, as far as templates of CNI configurations go: fields, variables,
 * `if`, `else if`, `else`, `range`, `with`, comments, trim markers, pipelines, and the functions below.
 *
 * @throws TemplateError for what is beyond that, and for a field that the data does not have
 */
export function renderTemplate(text: string, data: Data): string {
  return render(parseTemplate(text), { data, dot: undefined, variables: new Map() });
}

function render(nodes: readonly TemplateNode[], scope: Scope): string {
  let inner = scope;
  let out = '';
  for (const node of nodes) {
    switch (node.kind) {
      case 'text':
        out += node.text;
        break;
      case 'print':
        out += print(evaluate(node.value, inner));
        break;
      case 'assign':
        inner = bind(inner, [[node.variable, evaluate(node.value, inner)]]);
        break;
      case 'if':
        out += render(isTrue(evaluate(node.condition, inner)) ? node.body : node.otherwise, inner);
        break;
      case 'with': {
        const value = evaluate(node.value, inner);
        out += isTrue(value) ? render(node.body, { ...inner, dot: value }) : render(node.otherwise, inner);
        break;
      }
      case 'range': {
        const list = evaluate(node.list, inner);
        if (!Array.isArray(list)) throw new TemplateError(node.line, 'range wants a list');
        const each = (value: TemplateValue, index: number) => {
          const names = node.variables;
          const bound: [string, TemplateValue][] =
            names.length === 2
              ? [
                  [names[0] ?? '', index],
                  [names[1] ?? '', value],
                ]
              : names.map((name) => [name, value]);
          return render(node.body, { ...bind(inner, bound), dot: value });
        };
        out += list.length === 0 ? render(node.otherwise, inner) : list.map(each).join('');
        break;
      }
    }
  }
  return out;
}

function bind(scope: Scope, variables: readonly (readonly [string, TemplateValue])[]): Scope {
  return { ...scope, variables: new Map([...scope.variables, ...variables]) };
}

function evaluate(expression: Expression, scope: Scope): TemplateValue {
  switch (expression.kind) {
    case 'literal':
      return expression.value;
    case 'dot':
      return scope.dot ?? '';
    case 'field': {
      const value = scope.dot === undefined ? scope.data[expression.name] : undefined;
      if (value !== undefined) return value;
      const known = Object.keys(scope.data)
        .map((name) => `.${name}`)
        .join(', ');
      throw new TemplateError(
        expression.line,
        `there is no .${expression.name} here; at the top there are ${known}`,
      );
    }
    case 'variable': {
      // `$` is the data itself, and only its fields can be had of it.
      if (expression.name.startsWith('$.')) {
        const name = expression.name.slice(2);
        return evaluate({ ...expression, kind: 'field', name }, { ...scope, dot: undefined });
      }
      const value = scope.variables.get(expression.name);
      if (value === undefined)
        throw new TemplateError(expression.line, `undefined variable ${expression.name}`);
      return value;
    }
    case 'call': {
      const implementation = functions.get(expression.name);
      if (implementation === undefined) {
        const known = [...functions.keys()].join(', ');
        throw new TemplateError(
          expression.line,
          `function "${expression.name}" is not known here; known are ${known}`,
        );
      }
      const args = expression.args.map((argument) => evaluate(argument, scope));
      const result = implementation(args);
      if (result === undefined)
        throw new TemplateError(expression.line, `wrong arguments of ${expression.name}`);
      return result;
    }
  }
}

/** Each returns undefined for arguments that it cannot take. */
const functions = new Map<string, (args: readonly TemplateValue[]) => TemplateValue | undefined>([
  ['index', ([list, at]) => (Array.isArray(list) && typeof at === 'number' ? list[at] : undefined)],
  ['len', ([value]) => (typeof value === 'string' || Array.isArray(value) ? value.length : undefined)],
  ['not', ([value]) => value !== undefined && !isTrue(value)],
  ['and', (args) => args.find((value) => !isTrue(value)) ?? args.at(-1)],
  ['or', (args) => args.find(isTrue) ?? args.at(-1)],
  ['eq', ([one, ...others]) => others.some((other) => other === one)],
  ['ne', ([one, other]) => one !== other],
  ['lt', ([one, other]) => compare(one, other, (difference) => difference < 0)],
  ['le', ([one, other]) => compare(one, other, (difference) => difference <= 0)],
  ['gt', ([one, other]) => compare(one, other, (difference) => difference > 0)],
  ['ge', ([one, other]) => compare(one, other, (difference) => difference >= 0)],
  ['print', (args) => args.map(print).join('')],
]);

function compare(
  one: TemplateValue | undefined,
  other: TemplateValue | undefined,
  test: (difference: number) => boolean,
): boolean | undefined {
  return typeof one === 'number' && typeof other === 'number' ? test(one - other) : undefined;
}

/** Go's idea of truth: everything but nothing, zero, and what is empty. */
function isTrue(value: TemplateValue): boolean {
  return Array.isArray(value) ? value.length > 0 : Boolean(value);
}

/** As Go's fmt prints with %v. */
function print(value: TemplateValue): string {
  return Array.isArray(value) ? `[${value.map(print).join(' ')}]` : String(value);
}
