// Executes a Go template. A missing field is an error, as with the option missingkey=error.
import { messageOf } from '@berth/common/error-message.ts';
import type { TemplateFunction } from './functions.ts';
import { type Command, type Node, type Operand, type Pipeline, shown, type Template } from './nodes.ts';
import { inner, isList, isMap, isTrue, JsonNumber, printed, Struct, typeName, type Value } from './values.ts';

const deepest = 10_000;

/**
 * Pure: executes a template with `data`. Throws for missing fields and map entries.
 *
 * @example
 * import { parseTemplate } from '@berth/go-template/parse.ts';
 * import { JsonNumber, type Value } from '@berth/go-template/values.ts';
 *
 * const template = parseTemplate('{{range .pods}}{{.name}} {{.port}};{{end}}', 'pods');
 * const pod = new Map<string, Value>([['name', 'web'], ['port', new JsonNumber('80')]]);
 * assert.equal(executeTemplate(template, new Map<string, Value>([['pods', [pod]]])), 'web 80;');
 */
export function executeTemplate(template: Template, data: Value): string {
  return new Execution(template).run(data);
}

/** A value, and whether Go holds it as an interface, which shows in error texts only. */
interface Held {
  value: Value;
  isInterface: boolean;
}

const concrete = (value: Value): Held => ({ value, isInterface: false });

/** Thrown for {{break}} and {{continue}}. */
class LoopEnd extends Error {
  readonly kind: 'break' | 'continue';

  constructor(kind: 'break' | 'continue') {
    super(kind);
    this.kind = kind;
  }
}

class Execution {
  readonly #template: Template;
  readonly #variables: { name: string; value: Value }[] = [];
  #at: Operand | Command | Pipeline | Node | undefined;
  #name: string;
  #depth = 0;
  #out = '';

  constructor(template: Template) {
    this.#template = template;
    this.#name = template.name;
  }

  run(data: Value): string {
    this.#variables.push({ name: '$', value: data });
    this.#walkAll(concrete(data), this.#template.nodes);
    return this.#out;
  }

  #fail(problem: string): never {
    const { name, source } = this.#template;
    if (this.#at === undefined) throw new Error(`template: ${this.#name}: ${problem}`);
    const before = source.slice(0, this.#at.position);
    const lineStart = before.lastIndexOf('\n') + 1;
    const column = Buffer.byteLength(before.slice(lineStart));
    const place = `${name}:${before.split('\n').length}:${column}`;
    throw new Error(`template: ${place}: executing "${this.#name}" at <${shown(this.#at)}>: ${problem}`);
  }

  #walkAll(dot: Held, nodes: readonly Node[]): void {
    for (const node of nodes) this.#walk(dot, node);
  }

  #walk(dot: Held, node: Node): void {
    this.#at = node;
    switch (node.kind) {
      case 'text':
        this.#out += node.text;
        return;
      case 'action': {
        const value = this.#pipeline(dot, node.pipeline);
        if (node.pipeline.variables.length === 0) this.#out += printed(value);
        return;
      }
      case 'break':
      case 'continue':
        throw new LoopEnd(node.kind);
      case 'range':
        this.#range(dot, node);
        return;
      case 'template':
        this.#call(dot, node);
        return;
      default: {
        const known = this.#variables.length;
        const value = this.#pipeline(dot, node.pipeline);
        const { body, otherwise = [] } = node;
        if (!isTrue(value)) this.#walkAll(dot, otherwise);
        else this.#walkAll(node.kind === 'with' ? concrete(value) : dot, body);
        this.#variables.length = known;
      }
    }
  }

  #range(dot: Held, node: Extract<Node, { kind: 'if' | 'with' | 'range' }>): void {
    const known = this.#variables.length;
    const value = this.#pipeline(dot, node.pipeline);
    const { variables, assigns } = node.pipeline;
    const items = this.#items(value);
    const inLoop = this.#variables.length;
    for (const [key, item] of items) {
      const names = variables.length === 2 ? [key, item.value] : [item.value];
      for (const [index, name] of variables.entries()) {
        if (assigns) this.#set(name, names[index]);
        else {
          const variable = this.#variables[known + index];
          if (variable !== undefined) variable.value = names[index];
        }
      }
      try {
        this.#walkAll(item, node.body);
      } catch (error) {
        if (!(error instanceof LoopEnd)) throw error;
        if (error.kind === 'break') break;
      } finally {
        this.#variables.length = inLoop;
      }
    }
    if (items.length === 0) this.#walkAll(dot, node.otherwise ?? []);
    this.#variables.length = known;
  }

  #items(value: Value): [Value, Held][] {
    const held = (item: Value): Held => ({ value: item, isInterface: true });
    if (value === undefined || value === null) return [];
    if (isList(value)) return value.map((item, index) => [BigInt(index), held(item)]);
    if (isMap(value)) return [...value].map(([key, item]) => [key, held(item)]);
    if (typeof value === 'bigint') {
      return Array.from({ length: Math.max(0, Number(value)) }, (_, index) => [
        BigInt(index),
        concrete(BigInt(index)),
      ]);
    }
    this.#fail(`range can't iterate over ${inner(value)}`);
  }

  #call(dot: Held, node: Extract<Node, { kind: 'template' }>): void {
    const nodes = this.#template.defined.get(node.name);
    if (nodes === undefined) this.#fail(`template ${JSON.stringify(node.name)} not defined`);
    if (this.#depth === deepest) this.#fail(`exceeded maximum template depth (${deepest})`);
    const value = node.pipeline === undefined ? undefined : this.#pipeline(dot, node.pipeline);
    const outer = { name: this.#name, variables: this.#variables.splice(0) };
    this.#variables.push({ name: '$', value });
    this.#name = node.name;
    this.#depth += 1;
    this.#walkAll(concrete(value), nodes);
    this.#depth -= 1;
    this.#name = outer.name;
    this.#variables.splice(0, this.#variables.length, ...outer.variables);
  }

  #pipeline(dot: Held, pipeline: Pipeline): Value {
    this.#at = pipeline;
    let final: Held | undefined;
    for (const command of pipeline.commands) final = concrete(this.#command(dot, command, final).value);
    const value = final?.value;
    for (const name of pipeline.variables) {
      if (pipeline.assigns) this.#set(name, value);
      else this.#variables.push({ name, value });
    }
    return value;
  }

  #set(name: string, value: Value): void {
    const variable = this.#variables.findLast((known) => known.name === name);
    if (variable === undefined) this.#fail(`undefined variable: ${name}`);
    variable.value = value;
  }

  #command(dot: Held, command: Command, final: Held | undefined): Held {
    const [first, ...args] = command.words;
    if (first.kind === 'function') return this.#function(dot, first.name, first, command, args, final);
    const hasArgs = args.length > 0 || final !== undefined;
    if (
      first.kind === 'field' ||
      first.kind === 'chain' ||
      (first.kind === 'variable' && first.names.length > 0)
    ) {
      return this.#operand(dot, first, hasArgs);
    }
    if (first.kind === 'variable') this.#at = first;
    else if (first.kind !== 'pipeline') this.#at = first;
    if (hasArgs) this.#fail(`can't give argument to non-function ${shown(first)}`);
    if (first.kind === 'nil') this.#fail('nil is not a command');
    return this.#operand(dot, first, false);
  }

  #operand(dot: Held, operand: Operand, hasArgs: boolean): Held {
    this.#at = operand;
    switch (operand.kind) {
      case 'dot':
        return dot;
      case 'nil':
        return concrete(null);
      case 'bool':
      case 'string':
      case 'number':
        return concrete(operand.value);
      case 'pipeline':
        return concrete(this.#pipeline(dot, operand.pipeline));
      case 'function':
        return this.#function(dot, operand.name, operand, operand, [], undefined);
      case 'field':
        return this.#fields(dot, operand.names, operand, hasArgs);
      case 'variable': {
        const variable = this.#variables.findLast(({ name }) => name === operand.name);
        if (variable === undefined) this.#fail(`undefined variable: ${operand.name}`);
        return this.#fields(concrete(variable.value), operand.names, operand, hasArgs);
      }
      case 'chain': {
        const from = this.#operand(dot, operand.from, false);
        return this.#fields(from, operand.names, operand, hasArgs);
      }
    }
  }

  #fields(from: Held, names: readonly string[], node: Operand, hasArgs: boolean): Held {
    return names.reduce<Held>((held, name, index) => {
      this.#at = node;
      return this.#field(held, name, hasArgs && index === names.length - 1);
    }, from);
  }

  #field({ value, isInterface }: Held, name: string, hasArgs: boolean): Held {
    const type = isInterface ? 'interface {}' : typeName(value);
    if (value === undefined || value === null) {
      if (!isInterface) this.#fail(`nil data; no entry for key "${name}"`);
      this.#fail(`nil pointer evaluating ${type}.${name}`);
    }
    if (isMap(value)) {
      if (hasArgs) this.#fail(`${name} is not a method but has arguments`);
      if (!value.has(name)) this.#fail(`map has no entry for key "${name}"`);
      return { value: value.get(name), isInterface: true };
    }
    if (value instanceof Struct && value.fields.has(name)) {
      if (hasArgs) this.#fail(`${name} has arguments but cannot be invoked as function`);
      return concrete(value.fields.get(name));
    }
    if (value instanceof JsonNumber) {
      if (name === 'String') return concrete(value.text);
      if (name === 'Float64') return concrete(Number(value.text));
      if (name === 'Int64' && /^-?\d+$/.test(value.text)) return concrete(BigInt(value.text));
    }
    this.#fail(`can't evaluate field ${name} in type ${type}`);
  }

  #function(
    dot: Held,
    name: string,
    node: Operand,
    caller: Operand | Command,
    operands: readonly Operand[],
    final: Held | undefined,
  ): Held {
    this.#at = node;
    const called = this.#template.functions[name];
    if (called === undefined) this.#fail(`"${name}" is not a defined function`);
    this.#checkCount(name, called, operands.length, final !== undefined);
    const args: Value[] = [];
    const { strings = 0 } = called;
    for (const [index, operand] of operands.entries()) {
      args.push(this.#argument(dot, index < strings, operand));
      if (name === 'and' && !isTrue(args.at(-1))) return concrete(args.at(-1));
      if (name === 'or' && isTrue(args.at(-1))) return concrete(args.at(-1));
    }
    if (final !== undefined) {
      if (operands.length < strings) this.#checkString(final);
      args.push(final.value);
    }
    if (name === 'and' || name === 'or') return concrete(args.at(-1));
    try {
      return concrete(called.call(args));
    } catch (error) {
      this.#at = caller;
      this.#fail(`error calling ${name}: ${messageOf(error)}`);
    }
  }

  #argument(dot: Held, takesString: boolean, operand: Operand): Value {
    this.#at = operand;
    if (takesString && (operand.kind === 'bool' || operand.kind === 'number')) {
      this.#fail(`expected string; found ${shown(operand)}`);
    }
    if (takesString && operand.kind === 'nil') this.#fail('cannot assign nil to string');
    const held = this.#operand(dot, operand, false);
    if (takesString) this.#checkString(held);
    return held.value;
  }

  #checkString({ value, isInterface }: Held): void {
    if (typeof value === 'string') return;
    if ((value === undefined || value === null) && !isInterface) this.#fail('invalid value; expected string');
    this.#fail(`wrong type for value; expected string; got ${typeName(value)}`);
  }

  #checkCount(name: string, { least, most }: TemplateFunction, given: number, hasFinal: boolean): void {
    const count = given + (hasFinal ? 1 : 0);
    if (most === undefined && count < least) {
      this.#fail(`wrong number of args for ${name}: want at least ${least} got ${given}`);
    }
    if (most !== undefined && (count < least || count > most)) {
      this.#fail(`wrong number of args for ${name}: want ${most} got ${count}`);
    }
  }
}
