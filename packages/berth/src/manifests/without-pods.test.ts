import assert from 'node:assert/strict';
import { test } from 'node:test';
import { withoutPods } from './without-pods.ts';

const a = '# the first\napiVersion: v1\nkind: Pod\nmetadata: {name: a} # short\n';
const b = 'apiVersion: v1\nkind: Pod\nmetadata:\n  name: b\n  namespace: shop\n';
const list =
  'apiVersion: v1\nkind: List\nitems:\n- kind: Pod # one\n  metadata: {name: a}\n- kind: ConfigMap\n  metadata: {name: a}\n';
const onlyMap = 'apiVersion: v1\nkind: List\nitems:\n- kind: ConfigMap\n  metadata: {name: a}\n';
const json = (...names: string[]) =>
  `${JSON.stringify({ kind: 'PodList', items: names.map((name) => ({ metadata: { name } })) }, null, 2)}\n`;

const cases: [what: string, text: string, names: string[], left: string | undefined][] = [
  ['the only pod', a, ['default/a'], ''],
  ['the first of two', `${a}---\n${b}`, ['default/a'], `# the first\n---\n${b}`],
  ['the second of two', `${a}---\n${b}`, ['shop/b'], a],
  ['both', `${a}---\n${b}`, ['default/a', 'shop/b'], ''],
  ['both, with a comment below', `${a}---\n${b}---\n# nothing\n`, ['default/a', 'shop/b'], ''],
  ['another namespace', b, ['default/b'], undefined],
  ['an object of that name', 'kind: ConfigMap\nmetadata: {name: a}\n', ['default/a'], undefined],
  ['an item of a list', list, ['default/a'], onlyMap],
  ['the last item of a list of pods', json('a'), ['default/a'], ''],
  ['an item of a list of pods', json('a', 'b'), ['default/a'], json('b')],
  ['a document beside one that is broken', `${b}---\na: [1\n`, ['shop/b'], '---\na: [1\n'],
];
for (const [what, text, names, left] of cases) {
  test(`${what} goes`, () => {
    const remainder = withoutPods(text, new Set(names));
    assert.equal(remainder?.text, left);
    assert.equal(remainder?.isEmpty, left === undefined ? undefined : left === '');
  });
}

test('a list in brackets is left to its author', () => {
  const flow = 'kind: List\nitems: [{kind: Pod, metadata: {name: a}}, {kind: Pod, metadata: {name: b}}]\n';
  assert.throws(() => withoutPods(flow, new Set(['default/a'])), { name: 'CutOutError' });
});
