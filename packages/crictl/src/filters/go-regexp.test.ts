import assert from 'node:assert/strict';
import { test } from 'node:test';
import { goMatcher, goRegExp } from './go-regexp.ts';

test('expressions match as in Go', async () => {
  const cases: [pattern: string, text: string, matches: boolean][] = [
    ['', 'x', true],
    ['eb', 'web', true],
    ['^eb', 'web', false],
    ['(?i)WEB', 'web', true],
    ['\\Aw.b\\z', 'web', true],
    ['[[:alpha:]]+-[[:digit:]]', 'web-1', true],
    ['^[[:alpha:]]$', '1', false],
    ['a\\-b', 'a-b', true],
    ['[a\\-b]', '-', true],
    ['\\Qa.b\\E', 'axb', false],
    ['\\Qa.b\\E', 'a.b', true],
    ['a{', 'a{', true],
    ['^a{2}$', 'aa', true],
    ['a]', 'a]', true],
    ['[]a]', ']', true],
    ['[^]a]', 'b', true],
    ['docker.io/library/', 'docker.io/library/nginx', true],
    ['(?P<name>w)eb', 'web', true],
    ['\\:', ':', true],
    ['(?U)^a+$', 'aa', true],
    ['a(?i)B', 'ab', true],
    ['\\pL', 'é', true],
    ['[[:^alpha:]]', '1', true],
    ['(', '(', false],
    ['[', '[', false],
  ];
  for (const [pattern, text, matches] of cases) {
    assert.equal((await goMatcher(pattern))(text), matches, `${pattern} on ${text}`);
  }
});

test('what Go refuses is refused in its words', async () => {
  const cases: [string, string][] = [
    ['(', 'missing closing ): `(`'],
    ['a)', 'unexpected ): `a)`'],
    ['x[a', 'missing closing ]: `[a`'],
    ['*a', 'missing argument to repetition operator: `*`'],
    ['(?=a)', 'invalid or unsupported Perl syntax: `(?=`'],
    ['(a)\\1', 'invalid escape sequence: `\\1`'],
    ['x{1001}', 'invalid repeat count: `{1001}`'],
    ['a**', 'invalid nested repetition operator: `**`'],
    ['a\\', 'trailing backslash at end of expression: ``'],
  ];
  for (const [pattern, reason] of cases) {
    await assert.rejects(goRegExp(pattern), { message: `error parsing regexp: ${reason}` }, pattern);
  }
});
