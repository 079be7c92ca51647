import assert from 'node:assert/strict';
import { test } from 'node:test';
import { registrationSteps } from './registration-steps.ts';

test('sockets are registered, forgotten, and registered again when they are made anew', () => {
  const cases: [sockets: Record<string, string>, registered: Record<string, string>, steps: string[]][] = [
    [{}, {}, []],
    [{ a: '1' }, {}, ['register a']],
    [{ a: '1' }, { a: '1' }, []],
    [{}, { a: '1' }, ['unregister a']],
    [{ a: '2' }, { a: '1' }, ['unregister a', 'register a']],
    [{ a: '1', b: '1' }, { b: '0', c: '1' }, ['unregister b', 'unregister c', 'register a', 'register b']],
  ];
  for (const [sockets, registered, steps] of cases) {
    const found = registrationSteps(new Map(Object.entries(sockets)), new Map(Object.entries(registered)));
    assert.deepEqual(
      found.map((step) => `${step.do} ${step.path}`),
      steps,
    );
  }
});
