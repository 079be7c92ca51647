import assert from 'node:assert/strict';
import { test } from 'node:test';
import { podStateName, stateName } from '../output/state-names.ts';
import { stateFilter } from './containers.ts';
import { parseLabels } from './labels.ts';
import { newest } from './newest.ts';
import { podStateFilter } from './pods.ts';

test('labels are pairs', () => {
  assert.deepEqual(parseLabels(['a=1', 'b=']), { a: '1', b: '' });
  assert.throws(() => parseLabels(['a']), /incorrectly specified label: a/);
  assert.throws(() => parseLabels(['a=b=c']), /incorrectly specified label: a=b=c/);
});

test('the newest come first', () => {
  const items = [{ createdAt: 1n }, { createdAt: 3n }, { createdAt: 2n }];
  const times = (latest: boolean, last: number) =>
    newest(items, { latest, last }).map(({ createdAt }) => createdAt);
  assert.deepEqual(times(false, 0), [3n, 2n, 1n]);
  assert.deepEqual(times(true, 0), [3n]);
  assert.deepEqual(times(false, 2), [3n, 2n]);
  assert.deepEqual(times(true, 9), [3n, 2n, 1n]);
});

test('states are asked for by name', () => {
  const ask = (state: string, rest = {}) =>
    stateFilter({ state, all: false, latest: false, last: 0, ...rest });
  assert.deepEqual(ask(''), { state: 1 });
  assert.deepEqual(ask('EXITED'), { state: 2 });
  assert.equal(ask('', { all: true }), undefined);
  assert.equal(ask('exited', { latest: true }), undefined);
  assert.equal(ask('', { last: 2 }), undefined);
  assert.throws(() => ask('dead'), /--state should be one of/);
  assert.equal(stateName(2), 'Exited');
  assert.deepEqual(podStateFilter('NotReady'), { state: 1 });
  assert.throws(() => podStateFilter('up'), /--state should be ready or notready/);
  assert.equal(podStateName(1), 'NotReady');
});
