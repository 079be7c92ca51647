import { messageOf } from '@berth/common/error-message.ts';

// Regular expressions as people write them for Go programs (https://github.com/google/re2/wiki/Syntax).

/** The expression as one of JavaScript's. Throws an Error in Go's words for what Go refuses. */
export function goRegExp(pattern: string): RegExp {
  const { source, flags } = translate(pattern);
  try {
    return new RegExp(source, `u${flags}`);
  } catch (error) {
    throw new Error(problem(pattern) ?? `error parsing regexp: ${messageOf(error)}`);
  }
}

/** Whether a text matches; an expression that is none matches nothing, and an empty one everything. */
export function goMatcher(pattern: string): (text: string) => boolean {
  if (pattern === '') return () => true;
  try {
    const expression = goRegExp(pattern);
    return (text) => expression.test(text);
  } catch {
    return () => false;
  }
}

const classes: Readonly<Record<string, string>> = {
  alnum: '0-9A-Za-z',
  alpha: 'A-Za-z',
  ascii: '\\x00-\\x7f',
  blank: '\\t ',
  cntrl: '\\x00-\\x1f\\x7f',
  digit: '0-9',
  graph: '!-~',
  lower: 'a-z',
  print: ' -~',
  punct: '!-\\/:-@\\[-`\\{-~',
  space: '\\t\\n\\v\\f\\r ',
  upper: 'A-Z',
  word: '0-9A-Za-z_',
  xdigit: '0-9A-Fa-f',
};

/** Pure: what only Go has, in JavaScript's way. */
function translate(pattern: string): { source: string; flags: string } {
  const [, leading = ''] = /^\(\?([ims]+)\)/.exec(pattern) ?? [];
  const source = pattern
    .slice(leading === '' ? 0 : leading.length + 3)
    .replace(/\\Q([\s\S]*?)(?:\\E|$)/g, (_, text: string) => text.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&'))
    .replace(/\\A/g, '^')
    .replace(/\\z/g, '$')
    .replace(/\\a/g, '\\x07')
    .replace(/\(\?P</g, '(?<')
    .replace(/\[:(\w+):\]/g, (whole, name: string) => classes[name] ?? whole)
    // JavaScript takes other signs after a backslash only where they mean something.
    .replace(/\\([\s\S])/g, (whole, sign: string) => (/["'#%&,:;<=>@`~! _]/.test(sign) ? sign : whole));
  return { source: loneBrackets(source), flags: leading };
}

/** A `]` or `{` that closes or counts nothing stands for itself in Go. */
function loneBrackets(source: string): string {
  let isClass = false;
  return source.replace(/\\[\s\S]|\[\^?\]?|\]|\{\d+(?:,\d*)?\}|[{}]/g, (token) => {
    if (token.startsWith('\\')) return token === '\\-' && !isClass ? '-' : token;
    if (token.startsWith('[') && !isClass) {
      isClass = true;
      return token.replace(/\]$/, '\\]');
    }
    if (token === ']' && isClass) {
      isClass = false;
      return token;
    }
    if (isClass || token.length > 1) return isClass && token.startsWith('[') ? `\\${token}` : token;
    return `\\${token}`;
  });
}

/** Pure: what Go says of an expression that it does not take. */
function problem(pattern: string): string | undefined {
  const because = (reason: string) => `error parsing regexp: ${reason}`;
  if (/(^|[^\\])(\\\\)*\\$/.test(pattern)) return because('trailing backslash at end of expression: ``');
  const bare = pattern.replace(/\\[\s\S]/g, '');
  const open = /\[(?!\^?\]?[^\]]*\])/.exec(bare);
  if (open !== null) return because(`missing closing ]: \`${pattern.slice(pattern.indexOf('['))}\``);
  const groups = bare.replace(/\[\^?\]?[^\]]*\]/g, '');
  if ((/\(\?(?![:P<=!imsU-])/.exec(groups) ?? /\(\?<?[=!]/.exec(groups)) !== null) {
    return because(`invalid or unsupported Perl syntax: \`${/\(\?<?./.exec(groups)?.[0] ?? '(?'}\``);
  }
  let depth = 0;
  for (const character of groups) {
    if (character === '(') depth += 1;
    if (character === ')') depth -= 1;
    if (depth < 0) return because(`unexpected ): \`${pattern}\``);
  }
  if (depth > 0) return because(`missing closing ): \`${pattern}\``);
  const nothing = /(?:^|[(|])([*+?])/.exec(groups)?.[1];
  if (nothing !== undefined) return because(`missing argument to repetition operator: \`${nothing}\``);
  const twice = /[*+?]\??[*+?]+/.exec(groups)?.[0];
  if (twice !== undefined) return because(`invalid nested repetition operator: \`${twice}\``);
  const unknown = /\\[^\d\w]?\w?/.exec(pattern)?.[0];
  return unknown === undefined ? undefined : because(`invalid escape sequence: \`${unknown}\``);
}
