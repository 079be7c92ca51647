import assert from 'node:assert/strict';
import { test } from 'node:test';
import { containerRuntimeVersion } from './runtime-version.ts';

test('the version of the runtime', () => {
  const cases: [version: string | undefined, expected: string][] = [
    ['v2.4.2', 'r://2.4.2'],
    ['1.6.20~ds1', 'r://1.6.20'],
    ['0.1.0-rc.1+x', 'r://0.1.0-rc.1+x'],
    ['v1.2', 'r://1.2'],
    ['dev', 'r://Unknown'],
    [undefined, 'r://Unknown'],
  ];
  for (const [version, expected] of cases) assert.equal(containerRuntimeVersion('r', version), expected);
});
