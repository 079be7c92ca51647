// Parses Go's template language, with Go's error texts, which scripts may read.
import { type Functions, goFunctions } from './functions.ts';
import type { Command, Node, Operand, Pipeline, Template } from './nodes.ts';
import { shown } from './nodes.ts';
import { type Token, type TokenKind, tokenize } from './tokens.ts';
import { unquote } from './unquote.ts';

/**
 * Pure: parses the template `name`; its functions are Go's builtins unless `functions` are given. Throws an Error with
 * the position.
 */
export function parseTemplate(source: string, name: string, functions: Functions = goFunctions): Template {
  const parser = new Parser(source, name, functions);
  const { nodes, end } = parser.list(0);
  if (end !== 'end of text') parser.fail(`unexpected {{${end}}}`);
  return { name, source, nodes, defined: parser.defined, functions };
}

type ListEnd = 'end' | 'else' | 'end of text';
type Block = 'if' | 'with' | 'range';

const operandKinds: ReadonlySet<TokenKind> = new Set<TokenKind>([
  'bool',
  'character',
  'dot',
  'field',
  'identifier',
  'number',
  'nil',
  'raw',
  'string',
  'variable',
  'open',
]);

class Parser {
  readonly defined = new Map<string, readonly Node[]>();
  readonly #source: string;
  readonly #name: string;
  readonly #functions: Functions;
  readonly #tokens: readonly Token[];
  #next = 0;
  #variables: string[] = ['$'];
  #actionLine = 1;
  #lastLine = 1;

  constructor(source: string, name: string, functions: Functions) {
    this.#source = source;
    this.#name = name;
    this.#functions = functions;
    this.#tokens = tokenize(source);
  }

  fail(problem: string): never {
    throw new Error(`template: ${this.#name}:${this.#lastLine}: ${problem}`);
  }

  /** Parses nodes up to the `else` or `end` of the enclosing action. */
  list(rangeDepth: number): { nodes: Node[]; end: ListEnd } {
    const nodes: Node[] = [];
    for (;;) {
      const token = this.#take();
      if (token.kind === 'end') return { nodes, end: 'end of text' };
      if (token.kind === 'text') {
        nodes.push({ kind: 'text', text: token.text, position: token.position });
        continue;
      }
      if (token.kind !== 'left') this.#unexpected(token, 'input');
      this.#actionLine = this.#lineOf(token);
      const first = this.#takeWord();
      if (first.kind === 'keyword' && first.text === 'end') {
        this.#expectRight('end');
        return { nodes, end: 'end' };
      }
      if (first.kind === 'keyword' && first.text === 'else') {
        const { text } = this.#peekWord();
        if (text !== 'if' && text !== 'with') this.#expectRight('else');
        return { nodes, end: 'else' };
      }
      const node = this.#action(first, rangeDepth);
      if (node !== undefined) nodes.push(node);
    }
  }

  #action(first: Token, rangeDepth: number): Node | undefined {
    const { position } = first;
    if (first.kind !== 'keyword') {
      this.#next -= 1;
      return { kind: 'action', pipeline: this.#pipeline('command', 'right'), position };
    }
    switch (first.text) {
      case 'if':
      case 'with':
      case 'range':
        return this.#block(first.text, position, rangeDepth);
      case 'break':
      case 'continue':
        this.#expectRight(`{{${first.text}}}`);
        if (rangeDepth === 0) this.fail(`{{${first.text}}} outside {{range}}`);
        return { kind: first.text, position };
      case 'template': {
        const name = this.#string('template clause');
        const { position } = this.#tokens[this.#next - 1] ?? first;
        return { kind: 'template', name, pipeline: this.#optionalPipeline('template clause'), position };
      }
      case 'block': {
        const name = this.#string('block clause');
        const pipeline = this.#pipeline('block clause', 'right');
        this.#definition(name, 'block clause');
        return { kind: 'template', name, pipeline, position };
      }
      default: {
        const name = this.#string('define clause');
        this.#expectRight('define clause');
        this.#definition(name, 'define clause');
        return undefined;
      }
    }
  }

  #definition(name: string, context: string): void {
    const outer = this.#variables;
    this.#variables = ['$'];
    const { nodes, end } = this.list(0);
    if (end === 'end of text') this.fail('unexpected EOF');
    if (end !== 'end') this.fail(`unexpected {{${end}}} in ${context}`);
    this.#variables = outer;
    this.defined.set(name, nodes);
  }

  #string(context: string): string {
    const token = this.#takeWord();
    if (token.kind !== 'string' && token.kind !== 'raw') this.#unexpected(token, context);
    return unquote(token.text) ?? this.fail('invalid syntax');
  }

  #optionalPipeline(context: string): Pipeline | undefined {
    if (this.#peekWord().kind !== 'right') return this.#pipeline(context, 'right');
    this.#takeWord();
    return undefined;
  }

  #block(kind: Block, position: number, rangeDepth: number): Node {
    const known = this.#variables.length;
    const pipeline = this.#pipeline(kind, 'right');
    const depth = kind === 'range' ? rangeDepth + 1 : rangeDepth;
    const { nodes: body, end } = this.list(depth);
    if (end === 'end of text') this.fail('unexpected EOF');
    const otherwise = end === 'else' ? this.#otherwise(kind, rangeDepth) : undefined;
    this.#variables.length = known;
    return { kind, pipeline, body, ...(otherwise && { otherwise }), position };
  }

  #otherwise(kind: Block, rangeDepth: number): readonly Node[] {
    const next = this.#peekWord();
    if (next.kind === 'keyword' && kind !== 'range' && next.text === kind) {
      this.#takeWord();
      return [this.#block(kind, next.position, rangeDepth)];
    }
    if (next.kind === 'keyword' && (next.text === 'if' || next.text === 'with')) {
      this.#unexpected(this.#takeWord(), 'input');
    }
    const { nodes, end } = this.list(rangeDepth);
    if (end === 'end of text') this.fail('unexpected EOF');
    if (end !== 'end') this.fail(`expected end; found {{${end}}}`);
    return nodes;
  }

  #pipeline(context: string, end: 'right' | 'close'): Pipeline {
    const { position } = this.#peekWord();
    const { variables, assigns } = this.#declarations(context);
    const commands: Command[] = [];
    for (let token = this.#takeWord(); token.kind !== end; token = this.#takeWord()) {
      if (!operandKinds.has(token.kind)) this.#unexpected(token, context);
      this.#next -= 1;
      commands.push(this.#command());
    }
    if (commands.length === 0) this.fail(`missing value for ${context}`);
    const still = commands.findIndex(
      ({ words: [word] }, index) => index > 0 && /^(bool|dot|nil|number|string)$/.test(word.kind),
    );
    if (still !== -1) this.fail(`non executable command in pipeline stage ${still + 1}`);
    return { kind: 'pipe', variables, assigns, commands, position };
  }

  #declarations(context: string): { variables: string[]; assigns: boolean } {
    const variables: string[] = [];
    for (;;) {
      const start = this.#next;
      if (this.#peekWord().kind !== 'variable') return { variables, assigns: false };
      const variable = this.#takeWord().text;
      const next = this.#peekWord();
      const isComma = next.text === ',' && next.kind === 'sign';
      if (!isComma && next.kind !== 'declare' && next.kind !== 'assign') {
        this.#next = start;
        return { variables, assigns: false };
      }
      this.#takeWord();
      variables.push(variable);
      if (next.kind === 'assign') return { variables, assigns: true };
      this.#variables.push(variable);
      if (!isComma) return { variables, assigns: false };
      if (context !== 'range' || variables.length > 1) this.fail(`too many declarations in ${context}`);
      if (this.#peekWord().kind !== 'variable') this.fail('range can only initialize variables');
    }
  }

  #command(): Command {
    const { position } = this.#peekWord();
    const words: Operand[] = [];
    for (;;) {
      this.#skipSpace();
      const operand = this.#operand();
      if (operand !== undefined) words.push(operand);
      const token = this.#take();
      if (token.kind === 'space') continue;
      if (token.kind === 'right' || token.kind === 'close') this.#next -= 1;
      else if (token.kind !== 'pipe') this.#unexpected(token, 'operand');
      break;
    }
    const [first, ...others] = words;
    if (first === undefined) this.fail('empty command');
    return { kind: 'command', words: [first, ...others], position };
  }

  #operand(): Operand | undefined {
    const term = this.#term();
    if (term === undefined || this.#peek().kind !== 'field') return term;
    const { position } = this.#peek();
    const names: string[] = [];
    while (this.#peek().kind === 'field') names.push(this.#take().text.slice(1));
    if (term.kind === 'field') return { ...term, names: [...term.names, ...names], position };
    if (term.kind === 'variable') return { ...term, names, position };
    if (term.kind === 'function' || term.kind === 'pipeline') {
      return { kind: 'chain', from: term, names, position };
    }
    this.fail(`unexpected . after term ${JSON.stringify(shown(term))}`);
  }

  #term(): Operand | undefined {
    const token = this.#takeWord();
    const { position, text } = token;
    switch (token.kind) {
      case 'identifier':
        if (!Object.hasOwn(this.#functions, text)) this.fail(`function "${text}" not defined`);
        return { kind: 'function', name: text, position };
      case 'dot':
      case 'nil':
        return { kind: token.kind, position };
      case 'variable':
        if (!this.#variables.includes(text)) this.fail(`undefined variable "${text}"`);
        return { kind: 'variable', name: text, names: [], position };
      case 'field':
        return { kind: 'field', names: [text.slice(1)], position };
      case 'bool':
        return { kind: 'bool', value: text === 'true', position };
      case 'character': {
        const value = BigInt(unquote(text)?.codePointAt(0) ?? 0);
        return { kind: 'number', value, source: text, position };
      }
      case 'number':
        if (!/\d/.test(text)) this.fail(`illegal number syntax: "${text}"`);
        return { kind: 'number', value: numberOf(text), source: text, position };
      case 'string':
      case 'raw':
        return {
          kind: 'string',
          value: unquote(text) ?? this.fail('invalid syntax'),
          source: text,
          position,
        };
      case 'open':
        return { kind: 'pipeline', pipeline: this.#pipeline('parenthesized pipeline', 'close'), position };
      default:
        this.#next -= 1;
        return undefined;
    }
  }

  #expectRight(context: string): void {
    const token = this.#takeWord();
    if (token.kind !== 'right') this.#unexpected(token, context);
  }

  #unexpected(token: Token, context: string): never {
    if (token.kind !== 'error') this.fail(`unexpected ${shownToken(token)} in ${context}`);
    const isFurther = this.#actionLine !== this.#lineOf(token);
    const started = isFurther ? ` started at ${this.#name}:${this.#actionLine}` : '';
    const joint = started !== '' && !token.text.endsWith(' action') ? ' in action' : '';
    this.fail(token.text + joint + started);
  }

  #take(): Token {
    const token = this.#tokens[this.#next] ?? this.#tokens.at(-1) ?? { kind: 'end', text: '', position: 0 };
    this.#next += 1;
    this.#lastLine = this.#lineOf(token);
    return token;
  }

  #takeWord(): Token {
    this.#skipSpace();
    return this.#take();
  }

  #peek(): Token {
    return this.#tokens[this.#next] ?? { kind: 'end', text: '', position: this.#source.length };
  }

  #peekWord(): Token {
    this.#skipSpace();
    return this.#peek();
  }

  #skipSpace(): void {
    while (this.#peek().kind === 'space') this.#next += 1;
  }

  #lineOf({ position }: Token): number {
    return this.#source.slice(0, position).split('\n').length;
  }
}

function shownToken({ kind, text }: Token): string {
  if (kind === 'end') return 'EOF';
  if (kind === 'keyword' || kind === 'dot' || kind === 'nil') return `<${text}>`;
  return text.length > 10 ? `${JSON.stringify(text.slice(0, 10))}...` : JSON.stringify(text);
}

function numberOf(text: string): bigint | number {
  const digits = text.replaceAll('_', '');
  const [, sign = '', size = ''] = /^([+-]?)(.*)$/.exec(digits) ?? [];
  if (/^0[xXbBoO]/.test(size) || /^\d+$/.test(size)) {
    const value = BigInt(size.replace(/^0(?=[0-7]+$)/, '0o'));
    return sign === '-' ? -value : value;
  }
  return Number(digits);
}
