import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { listMutants } from './mutants.ts';

const dir = mkdtempSync(join(tmpdir(), 'mutants-'));
after(() => rmSync(dir, { recursive: true }));

/** A piece of source, and what its mutants make of it. */
const cases: [source: string, changed: string[]][] = [
  ['a === b;', ['a !== b;']],
  ['a < 1;', ['a <= 1;', 'a >= 1;', 'a < (1 + 1);']],
  ['a ?? b;', ['((a) && (b));']],
  ['a ?? b ?? c;', ['((a ?? b) && (c));', '((a) && (b)) ?? c;']],
  ['a ?? (b || c);', ['((a) && ((b || c)));', 'a ?? (b && c);']],
  ['function f() { return undefined; }', ['function f() {}']],
  ['!a;', ['(a);']],
  ['a++;', ['a--;']],
  ['--a;', ['++a;']],
  ['if (a) b();', ['if (false) b();', 'if (true) b();']],
  ['a ? b : c;', ['false ? b : c;', 'true ? b : c;']],
  ['for (; a; ) b();', ['for (; false; ) b();']],
  ['{ a(); }', ['{}']],
  ['{}', []],
  ['switch (a) { case b: c(); }', ['switch (a) { case b:  }']],
  ['a(() => b);', ['a(() => undefined);']],
  ['function f() { return a; }', ['function f() {}', 'function f() { return undefined; }']],
  ["a('ü');", ["a('');"]],
  ["a('');", ["a('mutated');"]],
  [`a(\`\${b} c\`);`, ['a(``);']],
  ['a([b], {}, true);', ['a([], {}, true);', 'a([b], {}, false);']],
  ['a({ 1: b });', ['a(({}));']],
  ['[a] = b;', []],
  ['a?.b?.[c]?.();', ['a.b?.[c]?.();', 'a?.b[c]?.();', 'a?.b?.[c]();']],
  ['a.some(b).sort();', ['a.every(b).sort();', 'a.some(b);']],
  ["import { a } from 'b'; await import('c');", []],
  ["type A = 'b' | 1; interface B { c: true }", []],
  ["let a: 'b' | undefined;", []],
];

test('each piece of source has the mutants of its operators, and no others', () => {
  writeFileSync(join(dir, 'tsconfig.json'), '{ "files": [] }');
  for (const [index, [source]] of cases.entries()) writeFileSync(join(dir, `${index}.ts`), source);
  const files = cases.map((_, index) => `${index}.ts`);
  writeFileSync(join(dir, 'tsconfig.json'), JSON.stringify({ files }));
  const mutants = listMutants(dir, files);
  for (const [index, [source, changed]] of cases.entries()) {
    const made = mutants
      .filter(({ file }) => file === `${index}.ts`)
      .map(({ start, end, text }) => source.slice(0, start) + text + source.slice(end));
    assert.deepEqual(made.toSorted(), changed.toSorted(), source);
  }
  assert.deepEqual(
    mutants.filter(({ file }) => file === '0.ts'),
    [{ file: '0.ts', line: 1, operator: 'operator', start: 2, end: 5, original: '===', text: '!==' }],
  );
});
