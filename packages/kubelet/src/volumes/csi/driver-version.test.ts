import assert from 'node:assert/strict';
import { test } from 'node:test';
import { highestVersion } from './driver-version.ts';

test('the highest version 1.x of those that a driver names', () => {
  const cases: [versions: string[], highest: string][] = [
    [['1.0.0'], '1.0.0'],
    [['v1.0'], '1.0'],
    [['1.9.0', '1.10.0', '0.3.0'], '1.10.0'],
    [['2.0.0', '1.1.0'], '1.1.0'],
    [['x', '1.0.0'], '1.0.0'],
  ];
  for (const [versions, highest] of cases) assert.equal(highestVersion(versions), highest);
  for (const versions of [[], ['x'], ['0.3.0'], ['2.0.0']]) assert.throws(() => highestVersion(versions));
});
