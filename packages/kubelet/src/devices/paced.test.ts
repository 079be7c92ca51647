import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Paced } from './paced.ts';

test('it runs at once, then once in each interval, and not after a stop', (context) => {
  context.mock.timers.enable({ apis: ['setTimeout'] });
  let runs = 0;
  const paced = new Paced(() => {
    runs += 1;
  }, 1000);
  const ask = () => {
    for (let i = 0; i < 3; i++) paced.ask();
  };
  ask();
  assert.equal(runs, 1);
  context.mock.timers.tick(1000);
  assert.equal(runs, 2);
  context.mock.timers.tick(5000);
  assert.equal(runs, 2);
  ask();
  assert.equal(runs, 3);
  paced.stop();
  context.mock.timers.tick(5000);
  assert.equal(runs, 3);
});
