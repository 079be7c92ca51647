import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { parseSpecReport, summaryOf } from './spec-report.ts';

/** What the reporter of this Node.js prints of a test file with this text. */
function report(text: string): string {
  const file = join(tmpdir(), `berth-spec-report-${process.pid}.test.mjs`);
  writeFileSync(file, `import { test } from 'node:test';\n${text}`);
  try {
    // This test's own runner would have its children report to it.
    const { NODE_TEST_CONTEXT: _, ...env } = process.env;
    return spawnSync(process.execPath, ['--test-reporter=spec', file], { encoding: 'utf8', env }).stdout;
  } finally {
    rmSync(file);
  }
}

const failing = report(
  "test('good', (t) => t.diagnostic('told')); test('bad', () => { throw new Error('why') }); test.skip('later');",
);

test('tests, counts and failures of a file are told apart', () => {
  const parsed = parseSpecReport(failing);
  assert.ok(parsed);
  assert.match(parsed.body, /^✔ good .*\nℹ told\n✖ bad .*\n﹣ later /);
  assert.doesNotMatch(parsed.body, /ℹ tests|failing tests|why/);
  assert.equal(parsed.counts.get('pass'), 1);
  assert.equal(parsed.counts.get('fail'), 1);
  assert.equal(parsed.counts.get('skipped'), 1);
  assert.match(parsed.failures, /^test at .*\n✖ bad .*\n[\s\S]*Error: why/);
});

test('a file whose tests pass has no failures', () => {
  assert.equal(parseSpecReport(report("test('good', () => {});"))?.failures, '');
});

test('what comes after the summary is kept', () => {
  const passing = report("test('good', () => {});");
  assert.match(parseSpecReport(`${passing}✖ left behind\n`)?.body ?? '', /✔ good .*\n✖ left behind\n$/);
});

test('a process that ended before its summary has no report', () => {
  assert.equal(parseSpecReport(failing.slice(0, failing.indexOf('ℹ pass'))), undefined);
});

test('the summary of several files adds up and parses', () => {
  const counts = parseSpecReport(failing)?.counts ?? new Map();
  const total = parseSpecReport(`${summaryOf([counts, counts], 5)}\n`);
  assert.equal(total?.counts.get('tests'), 6);
  assert.equal(total?.counts.get('fail'), 2);
});
