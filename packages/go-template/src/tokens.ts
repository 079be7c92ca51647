// The lexer of Go's template language (https://pkg.go.dev/text/template): text outside of {{…}}, tokens inside.

export type TokenKind =
  | 'text'
  | 'left'
  | 'right'
  | 'space'
  | 'field'
  | 'variable'
  | 'dot'
  | 'number'
  | 'character'
  | 'string'
  | 'raw'
  | 'bool'
  | 'nil'
  | 'identifier'
  | 'keyword'
  | 'pipe'
  | 'declare'
  | 'assign'
  | 'open'
  | 'close'
  | 'sign'
  | 'error'
  | 'end';

export interface Token {
  kind: TokenKind;
  text: string;
  /** Its offset in the source in UTF-16 code units. */
  position: number;
}

const keywords = new Set([
  'block',
  'break',
  'continue',
  'define',
  'else',
  'end',
  'if',
  'range',
  'template',
  'with',
]);

const patterns: readonly [TokenKind, RegExp][] = [
  ['space', /[ \t\r\n]+/y],
  ['declare', /:=/y],
  ['assign', /=/y],
  ['pipe', /\|/y],
  ['string', /"(?:\\.|[^"\\\n])*"/y],
  ['raw', /`[^`]*`/y],
  ['character', /'(?:\\.|[^'\\\n])+'/y],
  ['variable', /\$[\p{L}\p{N}_]*/uy],
  ['field', /\.[\p{L}_][\p{L}\p{N}_]*/uy],
  [
    'number',
    /[+-]?(?:0[xX][0-9a-fA-F_]+|0[bB][01_]+|0[oO][0-7_]+|[0-9][0-9_]*(?:\.[0-9_]*)?(?:[eE][+-]?[0-9]+)?|\.[0-9]+(?:[eE][+-]?[0-9]+)?)|[+-]/y,
  ],
  ['dot', /\./y],
  ['identifier', /[\p{L}_][\p{L}\p{N}_]*/uy],
  ['open', /\(/y],
  ['close', /\)/y],
];

/** The characters that may follow a field, a variable or an identifier. */
const terminator = /[ \t\r\n.,|:()]|\}\}|$/y;

/** Pure: the tokens up to the end, or up to the first error, which is the last token. */
export function tokenize(source: string): Token[] {
  const tokens: Token[] = [];
  const add = (kind: TokenKind, text: string, position: number) => tokens.push({ kind, text, position });
  let position = 0;
  let isTrimmed = false;
  const addText = (end: number, trimsEnd: boolean) => {
    let text = source.slice(position, end);
    const start = position + (isTrimmed ? text.length - text.replace(/^[ \t\r\n]+/, '').length : 0);
    if (isTrimmed) text = text.replace(/^[ \t\r\n]+/, '');
    if (trimsEnd) text = text.replace(/[ \t\r\n]+$/, '');
    if (text !== '') add('text', text, start);
  };
  for (;;) {
    const open = source.indexOf('{{', position);
    if (open === -1) {
      addText(source.length, false);
      add('end', '', source.length);
      return tokens;
    }
    const trims = /^-[ \t\r\n]/.test(source.slice(open + 2, open + 4));
    addText(open, trims);
    position = open + 2 + (trims ? 2 : 0);
    if (source.startsWith('/*', position)) {
      const end = source.indexOf('*/', position + 2);
      const closing = end === -1 ? undefined : /^(\s-)?\}\}/.exec(source.slice(end + 2));
      if (closing === undefined || closing === null) {
        add('error', end === -1 ? 'unclosed comment' : 'comment ends before closing delimiter', position);
        return tokens;
      }
      isTrimmed = closing[1] !== undefined;
      position = end + 2 + closing[0].length;
      continue;
    }
    add('left', '{{', open);
    const action = tokenizeAction(source, position, tokens);
    if (action === undefined) return tokens;
    ({ position, isTrimmed } = action);
  }
}

/** Adds the tokens of one action; undefined when the last one is an error. */
function tokenizeAction(
  source: string,
  start: number,
  tokens: Token[],
): { position: number; isTrimmed: boolean } | undefined {
  let position = start;
  let depth = 0;
  const fail = (problem: string): undefined => {
    tokens.push({ kind: 'error', text: problem, position });
  };
  for (;;) {
    const closing = /^([ \t\r\n]+-)?\}\}/.exec(source.slice(position, position + 64));
    if (closing !== null) {
      if (depth > 0) return fail('unclosed left paren');
      position += closing[0].length;
      tokens.push({ kind: 'right', text: '}}', position: position - 2 });
      return { position, isTrimmed: closing[1] !== undefined };
    }
    const character = String.fromCodePoint(source.codePointAt(position) ?? 0);
    if (position >= source.length) return fail('unclosed action');
    const [kind, text] = match(source, position);
    if (kind === undefined) return fail(mistake(source, position, character));
    if (kind === 'open') depth += 1;
    if (kind === 'close' && --depth < 0) return fail('unexpected right paren');
    const end = position + text.length;
    if (kind === 'number' && /[\p{L}\p{N}_]/u.test(source.charAt(end))) {
      return fail(`bad number syntax: ${JSON.stringify(text + source.charAt(end))}`);
    }
    if (kind === 'field' || kind === 'variable' || kind === 'identifier') {
      terminator.lastIndex = end;
      if (!terminator.test(source)) {
        position = end;
        return fail(badCharacter(String.fromCodePoint(source.codePointAt(end) ?? 0)));
      }
    }
    tokens.push({ kind: kind === 'identifier' ? wordKind(text) : kind, text, position });
    position = end;
  }
}

function match(source: string, position: number): [TokenKind, string] | [undefined] {
  for (const [kind, pattern] of patterns) {
    pattern.lastIndex = position;
    const [text] = pattern.exec(source) ?? [];
    if (text !== undefined) return [kind, text];
  }
  const character = source.charAt(position);
  return /[!-~]/.test(character) && !/["'`:]/.test(character) ? ['sign', character] : [undefined];
}

function wordKind(word: string): TokenKind {
  if (keywords.has(word)) return 'keyword';
  if (word === 'true' || word === 'false') return 'bool';
  return word === 'nil' ? 'nil' : 'identifier';
}

function mistake(source: string, position: number, character: string): string {
  if (character === '"') return 'unterminated quoted string';
  if (character === '`') return 'unterminated raw quoted string';
  if (character === "'") return 'unterminated character constant';
  if (character === ':' && source.charAt(position + 1) !== '=') return 'expected :=';
  return `unrecognized character in action: ${codePoint(character)}`;
}

const badCharacter = (character: string) => `bad character ${codePoint(character)}`;

function codePoint(character: string): string {
  const hex = (character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0');
  return `U+${hex} '${character}'`;
}
