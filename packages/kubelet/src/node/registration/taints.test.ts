import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseTaints, readTaints, taintsText } from './taints.ts';

test('taints of a command line', () => {
  const taints = [
    { key: 'a', value: 'b', effect: 'NoSchedule' },
    { key: 'example.com/c', effect: 'NoExecute' },
  ];
  assert.deepEqual(parseTaints('a=b:NoSchedule,example.com/c:NoExecute'), taints);
  assert.deepEqual(parseTaints(''), []);
  assert.equal(taintsText(taints), 'a=b:NoSchedule,example.com/c=:NoExecute');
  const wrong: [text: string, problem: RegExp][] = [
    ['a', /^invalid taint spec: a$/],
    ['a=b', /^invalid taint spec: a=b$/],
    ['a=b=c:NoSchedule', /^invalid taint spec: a=b=c:NoSchedule$/],
    ['a:Never', /^invalid taint effect: Never, unsupported taint effect$/],
    ['a b:NoSchedule', /^invalid taint spec: a b:NoSchedule, /],
    ['a=-:NoSchedule', /^invalid taint spec: a=-:NoSchedule, /],
    ['a=1:NoSchedule,a=2:NoSchedule', /^duplicated taints with the same key and effect: a:NoSchedule$/],
  ];
  for (const [text, message] of wrong) assert.throws(() => parseTaints(text), { message });
});

test('taints of a configuration file', () => {
  assert.deepEqual(readTaints([{ key: 'a', value: '', effect: 'NoSchedule' }]), [
    { key: 'a', effect: 'NoSchedule' },
  ]);
  for (const list of ['x', [{}], [{ key: '' }], [{ key: 'a', effect: 'X' }], [{ key: 'a', more: 1 }]]) {
    assert.throws(() => readTaints(list), RangeError);
  }
  assert.throws(() => readTaints([{ key: 'a', timeAdded: 'now' }]), {
    message: 'invalid configuration: taint.TimeAdded is not nil',
  });
});
