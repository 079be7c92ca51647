// Parses the part of Go's template language that people use with --template: text, fields, functions,
// pipelines, if, with and range.
import type { Json } from '@berth/cri/json.ts';

/** A value to compute: `.a.b`, a literal, or a function with its arguments. */
export type Expression =
  /** `from` is '' for the dot, `$` for the document, else a variable such as `$v`. */
  | { kind: 'field'; path: readonly string[]; from: string }
  | { kind: 'literal'; value: Json }
  | { kind: 'call'; name: string; args: readonly Expression[] };

export type Node = { kind: 'text'; text: string } | { kind: 'print'; value: Expression } | BlockNode;

export interface BlockNode {
  kind: 'if' | 'with' | 'range';
  value: Expression;
  /** Names that the body sees: the value, or for `range $k, $v := …` key and value. */
  variables: readonly string[];
  body: readonly Node[];
  otherwise: readonly Node[];
}

/** Throws an Error that says what in the template is wrong or not supported. */
export function parseTemplate(source: string): Node[] {
  const pieces = split(source);
  const nodes = parseNodes(pieces);
  const rest = pieces.shift();
  if (rest) throw new Error(`unexpected {{${rest.text}}}`);
  return nodes;
}

interface Piece {
  isAction: boolean;
  text: string;
}

/** Cuts the source into text and actions; `{{-` and `-}}` take the blanks beside them. */
function split(source: string): Piece[] {
  const pieces: Piece[] = [];
  let position = 0;
  let trimsNext = false;
  const text = (from: number, to: number, trimsEnd: boolean) => {
    let words = source.slice(from, to);
    if (trimsNext) words = words.trimStart();
    if (trimsEnd) words = words.trimEnd();
    if (words !== '') pieces.push({ isAction: false, text: words });
  };
  for (let open = source.indexOf('{{'); open !== -1; open = source.indexOf('{{', position)) {
    const match = /\{\{(- )?((?:"(?:\\.|[^"\\])*"|`[^`]*`|(?!\}\})[\s\S])*?)( -)?\}\}/y;
    match.lastIndex = open;
    const action = match.exec(source);
    if (action === null) throw new Error('unclosed action');
    text(position, open, action[1] !== undefined);
    trimsNext = action[3] !== undefined;
    position = match.lastIndex;
    const content = (action[2] ?? '').trim();
    if (!content.startsWith('/*')) pieces.push({ isAction: true, text: content });
  }
  text(position, source.length, false);
  return pieces;
}

/** Takes nodes up to an `else` or `end` that belongs to someone further out. */
function parseNodes(pieces: Piece[]): Node[] {
  const nodes: Node[] = [];
  for (let piece = pieces[0]; piece !== undefined; piece = pieces[0]) {
    if (!piece.isAction) {
      nodes.push({ kind: 'text', text: piece.text });
      pieces.shift();
      continue;
    }
    const [, word = '', rest = ''] = /^(\w*)\s*([\s\S]*)$/.exec(piece.text) ?? [];
    if (word === 'else' || word === 'end') break;
    pieces.shift();
    if (word === 'if' || word === 'with' || word === 'range') nodes.push(parseBlock(word, rest, pieces));
    else nodes.push({ kind: 'print', value: parsePipeline(piece.text) });
  }
  return nodes;
}

function parseBlock(kind: 'if' | 'with' | 'range', condition: string, pieces: Piece[]): Node {
  const [declaration = '', key, second] = /^(\$\w+)(?:\s*,\s*(\$\w+))?\s*:=/.exec(condition) ?? [];
  const variables = [key, second].filter((name) => name !== undefined);
  const value = parsePipeline(condition.slice(declaration.length));
  const body = parseNodes(pieces);
  const closing = pieces.shift();
  if (closing === undefined) throw new Error(`{{${kind}}} has no {{end}}`);
  const [, chained, chainedCondition = ''] = /^else\s+(if|with)\s+([\s\S]*)$/.exec(closing.text) ?? [];
  if (chained === 'if' || chained === 'with') {
    return { kind, value, variables, body, otherwise: [parseBlock(chained, chainedCondition, pieces)] };
  }
  if (closing.text === 'end') return { kind, value, variables, body, otherwise: [] };
  const otherwise = parseNodes(pieces);
  if (pieces.shift()?.text !== 'end') throw new Error(`{{${kind}}} has no {{end}}`);
  return { kind, value, variables, body, otherwise };
}

const tokenPattern =
  /\s*(?:(?<string>"(?:\\.|[^"\\])*"|`[^`]*`)|(?<field>(?:\$\w*)?(?:\.[A-Za-z_]\w*)+|\$\w*|\.)|(?<number>-?\d+(?:\.\d+)?)|(?<word>[A-Za-z_]\w*)|(?<sign>[()|]))/y;

interface Token {
  kind: 'string' | 'field' | 'number' | 'word' | 'sign';
  text: string;
}

function tokenize(source: string): Token[] {
  const tokens: Token[] = [];
  let position = 0;
  while (source.slice(position).trim() !== '') {
    tokenPattern.lastIndex = position;
    const groups = tokenPattern.exec(source)?.groups;
    if (!groups) throw new Error(`"${source.slice(position).trim()}" is not supported in templates here`);
    position = tokenPattern.lastIndex;
    for (const kind of ['string', 'field', 'number', 'word', 'sign'] as const) {
      const text = groups[kind];
      if (text !== undefined) tokens.push({ kind, text });
    }
  }
  return tokens;
}

function parsePipeline(source: string): Expression {
  const tokens = tokenize(source);
  const value = pipeline(tokens);
  if (tokens.length > 0) throw new Error(`unexpected "${tokens[0]?.text}" in {{${source}}}`);
  return value;
}

/** `a | f x` is `f x a`. */
function pipeline(tokens: Token[]): Expression {
  let value = command(tokens);
  while (tokens[0]?.text === '|' && tokens[0].kind === 'sign') {
    tokens.shift();
    const next = command(tokens);
    if (next.kind !== 'call') throw new Error('only functions can follow a |');
    value = { ...next, args: [...next.args, value] };
  }
  return value;
}

function command(tokens: Token[]): Expression {
  const first = operand(tokens);
  if (first.kind !== 'call' || first.args.length > 0) return first;
  const args: Expression[] = [];
  while (tokens[0] !== undefined && !(tokens[0].kind === 'sign' && tokens[0].text !== '('))
    args.push(operand(tokens));
  return { ...first, args };
}

function operand(tokens: Token[]): Expression {
  const token = tokens.shift();
  if (token === undefined) throw new Error('missing value for command');
  const { kind, text } = token;
  if (kind === 'field') {
    const [from = '', ...path] = text.split('.');
    return { kind: 'field', path: path.filter((name) => name !== ''), from };
  }
  if (kind === 'number') return { kind: 'literal', value: Number(text) };
  if (kind === 'string') {
    return { kind: 'literal', value: text.startsWith('`') ? text.slice(1, -1) : String(JSON.parse(text)) };
  }
  if (kind === 'word') {
    const constants: Readonly<Record<string, Json>> = { true: true, false: false, nil: null };
    if (Object.hasOwn(constants, text)) return { kind: 'literal', value: constants[text] ?? null };
    return { kind: 'call', name: text, args: [] };
  }
  if (text === '(') {
    const value = pipeline(tokens);
    if (tokens.shift()?.text !== ')') throw new Error('unclosed left paren');
    return value;
  }
  throw new Error(`unexpected "${text}" in command`);
}
