import assert from 'node:assert/strict';
import { test } from 'node:test';
import { probesKey } from './observe.ts';
import { probesName, withProbesApart } from './probe-events.ts';

test('what probes have told is told once, whichever pod it was about', () => {
  const life = (...lines: string[]) => ({ gone: true, events: { lines: ['Started'], [probesKey]: lines } });
  const seen = { 'node: lease': 'none', one: life('b', 'a', 'a'), other: life('a'), none: life() };
  const rest = { gone: true, events: { lines: ['Started'] } };
  assert.deepEqual(withProbesApart(seen), {
    'node: lease': 'none',
    one: rest,
    other: rest,
    none: rest,
    [probesName]: { a: true, b: true },
  });
  assert.deepEqual(withProbesApart({ none: life() }), { none: rest });
});
