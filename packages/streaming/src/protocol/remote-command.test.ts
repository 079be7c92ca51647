import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeStatus, type ExecOutcome, encodeStatus, statusOf } from './remote-command.ts';

for (const [outcome, json, text] of [
  [{ exitCode: 0 }, '{"status":"Success"}', ''],
  [
    { exitCode: 7 },
    '{"status":"Failure","message":"command terminated with non-zero exit code: exit status 7",' +
      '"reason":"NonZeroExitCode","details":{"causes":[{"reason":"ExitCode","message":"7"}]}}',
    'command terminated with non-zero exit code: exit status 7',
  ],
  [
    { error: 'no' },
    '{"status":"Failure","message":"Internal error occurred: no","reason":"InternalError","code":500}',
    'Internal error occurred: no',
  ],
] satisfies [ExecOutcome, string, string][]) {
  test(`status of ${JSON.stringify(outcome)}`, () => {
    assert.equal(encodeStatus(statusOf(outcome), 'json'), json);
    assert.equal(encodeStatus(statusOf(outcome), 'text'), text);
    const expected = 'error' in outcome ? { error: 'Internal error occurred: no' } : outcome;
    assert.deepEqual(decodeStatus(json, 'json'), expected);
  });
}

for (const text of [
  '',
  'null',
  '{}',
  '{"status":"Maybe"}',
  '{"status":"Failure","reason":"NonZeroExitCode"}',
]) {
  test(`no status: ${text}`, () => assert.throws(() => decodeStatus(text, 'json'), SyntaxError));
}
