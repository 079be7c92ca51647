import assert from 'node:assert/strict';
import { test } from 'node:test';
import { byteRange, directoryPage, looksLikeText } from './file-answer.ts';

test('a page of links, sorted and escaped', () => {
  assert.equal(
    directoryPage(['b', 'a/', '<x>&"', 'q?#', 'c:d']),
    `<!doctype html>
<meta name="viewport" content="width=device-width">
<pre>
<a href="%3Cx%3E&amp;%22">&lt;x&gt;&amp;&#34;</a>
<a href="a/">a/</a>
<a href="b">b</a>
<a href="./c:d">c:d</a>
<a href="q%3F%23">q?#</a>
</pre>
`,
  );
});

test('ranges', () => {
  const rows: [string | undefined, ReturnType<typeof byteRange>][] = [
    [undefined, undefined],
    ['bytes=0-4', { start: 0, end: 5 }],
    ['bytes=5-', { start: 5, end: 10 }],
    ['bytes=-3', { start: 7, end: 10 }],
    ['bytes=-30', { start: 0, end: 10 }],
    ['bytes=8-99', { start: 8, end: 10 }],
    ['bytes=10-', 'unsatisfiable'],
    ['bytes=4-2', undefined],
    ['bytes=-', undefined],
    ['bytes=0-1,3-4', undefined],
    ['lines=1-2', undefined],
  ];
  for (const [header, expected] of rows) assert.deepEqual(byteRange(header, 10), expected, String(header));
});

test('text', () => {
  assert.ok(looksLikeText(Buffer.from('a line\n\twith \u001b[1m and ü')));
  assert.ok(!looksLikeText(Buffer.of(0x1f, 0x8b, 0x08)));
  assert.ok(!looksLikeText(Buffer.from('a\0b')));
});
