import assert from 'node:assert/strict';
import { test } from 'node:test';
import { warningsIn } from './runtime-warnings.ts';

test('warnings of a runtime are read, whatever else it says', () => {
  const warning = 'host ports 80/tcp lead nowhere: network n has no plugin with the capability portMappings';
  const cases: [Record<string, string>, string[]][] = [
    [{ info: JSON.stringify({ pid: 1, warnings: [warning, 5] }) }, [warning]],
    [{ info: '{"pid": 1}' }, []],
    [{ info: '{"warnings": "x"}' }, []],
    [{ info: 'no JSON' }, []],
    [{ info: '[]' }, []],
    [{}, []],
    [{ info: JSON.stringify({ warnings: Array.from({ length: 100 }, () => 'x') }) }, Array(16).fill('x')],
  ];
  for (const [info, warnings] of cases) assert.deepEqual(warningsIn(info), warnings);
});
