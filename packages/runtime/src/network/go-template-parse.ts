/** What a template computes with. */
export type TemplateValue = string | number | boolean | readonly TemplateValue[];

/** Part of an action: a literal, the dot, a field of the data, a variable, or a call. */
export type Expression =
  | { readonly kind: 'literal'; readonly value: TemplateValue }
  | { readonly kind: 'dot' }
  | { readonly kind: 'field'; readonly name: string; readonly line: number }
  | { readonly kind: 'variable'; readonly name: string; readonly line: number }
  | {
      readonly kind: 'call';
      readonly name: string;
      readonly args: readonly Expression[];
      readonly line: number;
    };

/** A template that cannot be used; the message has its line. */
export class TemplateError extends Error {
  override readonly name = 'TemplateError';

  constructor(line: number, problem: string) {
    super(`line ${line}: ${problem}`);
  }
}

/** A parsed piece of a template. */
export type TemplateNode =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'print'; readonly value: Expression }
  | { readonly kind: 'assign'; readonly variable: string; readonly value: Expression }
  | {
      readonly kind: 'if';
      readonly condition: Expression;
      readonly body: readonly TemplateNode[];
      readonly otherwise: readonly TemplateNode[];
    }
  | {
      readonly kind: 'with';
      readonly value: Expression;
      readonly body: readonly TemplateNode[];
      readonly otherwise: readonly TemplateNode[];
    }
  | {
      readonly kind: 'range';
      readonly variables: readonly string[];
      readonly list: Expression;
      readonly line: number;
      readonly body: readonly TemplateNode[];
      readonly otherwise: readonly TemplateNode[];
    };

type Piece =
  | { readonly text: string; readonly words?: undefined }
  | { readonly words: readonly string[]; readonly line: number };

/** Parses a template; TemplateError names the line of what it cannot be. */
export function parseTemplate(text: string): TemplateNode[] {
  const pieces = split(text);
  const { nodes, end } = parseBlock(pieces, { at: 0 });
  if (end !== undefined) throw new TemplateError(end.line, `{{${end.words.join(' ')}}} has no beginning`);
  return nodes;
}

/** Text and actions in turn. `{{- ` takes the white space before the action, ` -}}` that after it. */
function split(text: string): Piece[] {
  const pieces: Piece[] = [];
  let from = 0;
  let trimNext = false;
  const addText = (part: string, trimEnd: boolean) => {
    const start = trimNext ? part.trimStart() : part;
    pieces.push({ text: trimEnd ? start.trimEnd() : start });
  };
  for (let open = text.indexOf('{{'); open >= 0; open = text.indexOf('{{', from)) {
    const line = text.slice(0, open).split('\n').length;
    const trimBefore = /^\{\{-\s/.test(text.slice(open, open + 4));
    const action =
      /^\{\{(?:-\s)?\s*(\/\*[\s\S]*?\*\/|(?:"(?:[^"\\\n]|\\.)*"|`[^`]*`|[^"`}])*?)\s*(\s-)?\}\}/.exec(
        text.slice(open),
      );
    if (action === null) throw new TemplateError(line, 'an action {{ is not closed');
    addText(text.slice(from, open), trimBefore);
    trimNext = action[2] !== undefined;
    from = open + action[0].length;
    const body = action[1] ?? '';
    if (body.startsWith('/*')) continue;
    const words = body.match(/"(?:[^"\\]|\\.)*"|`[^`]*`|:=|[(),|]|[^\s(),|:"`]+/g) ?? [];
    if (words.length === 0) throw new TemplateError(line, 'an action {{}} is empty');
    pieces.push({ words, line });
  }
  addText(text.slice(from), false);
  return pieces;
}

interface Cursor {
  at: number;
}

/** Parses up to the `end` or `else` of the block that the cursor is in, which it returns. */
function parseBlock(
  pieces: readonly Piece[],
  cursor: Cursor,
): { nodes: TemplateNode[]; end: { words: readonly string[]; line: number } | undefined } {
  const nodes: TemplateNode[] = [];
  while (cursor.at < pieces.length) {
    const piece = pieces[cursor.at++];
    if (piece === undefined) break;
    if (piece.words === undefined) {
      nodes.push({ kind: 'text', text: piece.text });
      continue;
    }
    const { words, line } = piece;
    const [keyword = ''] = words;
    if (keyword === 'end' || keyword === 'else') return { nodes, end: { words, line } };
    nodes.push(parseAction(words, line, pieces, cursor));
  }
  return { nodes, end: undefined };
}

function parseAction(
  words: readonly string[],
  line: number,
  pieces: readonly Piece[],
  cursor: Cursor,
): TemplateNode {
  const [keyword = '', ...rest] = words;
  switch (keyword) {
    case 'if':
    case 'with': {
      const condition = parsePipeline(rest, line);
      const { body, otherwise } = parseBodies(keyword, line, pieces, cursor);
      return keyword === 'if'
        ? { kind: 'if', condition, body, otherwise }
        : { kind: 'with', value: condition, body, otherwise };
    }
    case 'range': {
      const assignment = rest.indexOf(':=');
      const variables = assignment < 0 ? [] : rest.slice(0, assignment).filter((word) => word !== ',');
      if (variables.length > 2 || variables.some((name) => !/^\$\w+$/.test(name))) {
        throw new TemplateError(line, 'range takes one or two variables');
      }
      const list = parsePipeline(rest.slice(assignment + 1), line);
      return { kind: 'range', variables, list, line, ...parseBodies('range', line, pieces, cursor) };
    }
    case 'template':
    case 'define':
    case 'block':
    case 'break':
    case 'continue':
      throw new TemplateError(line, `{{${keyword}}} is not supported`);
    default:
      if (rest[0] === ':=' && /^\$\w+$/.test(keyword)) {
        return { kind: 'assign', variable: keyword, value: parsePipeline(rest.slice(1), line) };
      }
      return { kind: 'print', value: parsePipeline(words, line) };
  }
}

function parseBodies(opening: string, line: number, pieces: readonly Piece[], cursor: Cursor) {
  const { nodes: body, end } = parseBlock(pieces, cursor);
  if (end === undefined) throw new TemplateError(line, `{{${opening}}} has no {{end}}`);
  const [keyword, next, ...rest] = end.words;
  if (keyword === 'end') return { body, otherwise: [] };
  // `else if X` is an `if X` within the `else`, which ends both.
  if (next === 'if' || next === 'with') {
    return { body, otherwise: [parseAction([next, ...rest], end.line, pieces, cursor)] };
  }
  const { nodes: otherwise, end: last } = parseBlock(pieces, cursor);
  if (last?.words[0] !== 'end') throw new TemplateError(line, `{{${opening}}} has no {{end}}`);
  return { body, otherwise };
}

/** `A | f B` calls f with B and A. */
function parsePipeline(words: readonly string[], line: number): Expression {
  const cursor = { at: 0 };
  const value = pipeline(words, cursor, line);
  if (cursor.at < words.length) throw new TemplateError(line, `unexpected ${words[cursor.at]}`);
  return value;
}

function pipeline(words: readonly string[], cursor: Cursor, line: number): Expression {
  let value = command(words, cursor, line, []);
  while (words[cursor.at] === '|') {
    cursor.at++;
    value = command(words, cursor, line, [value]);
  }
  return value;
}

function command(words: readonly string[], cursor: Cursor, line: number, piped: Expression[]): Expression {
  const name = words[cursor.at] ?? '';
  if (!/^[a-z]\w*$/i.test(name) || name === 'true' || name === 'false') {
    if (piped.length > 0)
      throw new TemplateError(line, `${JSON.stringify(name)} is no function to pipe into`);
    return operand(words, cursor, line);
  }
  cursor.at++;
  const args: Expression[] = [];
  while (cursor.at < words.length && words[cursor.at] !== ')' && words[cursor.at] !== '|') {
    args.push(operand(words, cursor, line));
  }
  return { kind: 'call', name, args: [...args, ...piped], line };
}

function operand(words: readonly string[], cursor: Cursor, line: number): Expression {
  const word = words[cursor.at++];
  if (word === undefined) throw new TemplateError(line, 'a value is missing');
  if (word === '(') {
    const inner = pipeline(words, cursor, line);
    if (words[cursor.at++] !== ')') throw new TemplateError(line, 'a parenthesis is not closed');
    return inner;
  }
  if (word === '.') return { kind: 'dot' };
  if (/^\.\w+$/.test(word)) return { kind: 'field', name: word.slice(1), line };
  if (/^\$(\.?\w+)$/.test(word)) return { kind: 'variable', name: word, line };
  if (/^-?\d+$/.test(word)) return { kind: 'literal', value: Number(word) };
  if (word === 'true' || word === 'false') return { kind: 'literal', value: word === 'true' };
  if (word.startsWith('`')) return { kind: 'literal', value: word.slice(1, -1) };
  if (word.startsWith('"')) return { kind: 'literal', value: unquote(word, line) };
  throw new TemplateError(line, `${word} is not supported`);
}

function unquote(word: string, line: number): string {
  try {
    return String(JSON.parse(word));
  } catch {
    throw new TemplateError(line, `${word} is not supported: it is no string as JSON has them too`);
  }
}
