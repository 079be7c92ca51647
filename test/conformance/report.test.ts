import assert from 'node:assert/strict';
import { test } from 'node:test';
import { knownFailures } from './known-failures.ts';
import { judge, parseReport } from './report.ts';

const spec = (State: string, text: string, more: object = {}) => ({
  ContainerHierarchyTexts: ['[k8s.io] Area', 'when asked'],
  LeafNodeType: 'It',
  LeafNodeText: text,
  State,
  RunTime: 1_500_000_000,
  ...more,
});

const report = (...SpecReports: object[]) =>
  parseReport(JSON.stringify([{ SuiteConfig: { RandomSeed: 7 }, SpecReports }]), 'report.json');

test('every spec of a report has its full name, outcome and reason', () => {
  const suite = { ContainerHierarchyTexts: null, LeafNodeText: '', RunTime: 0 };
  assert.deepEqual(
    report(
      { ...suite, LeafNodeType: 'BeforeSuite', State: 'passed' },
      { ...suite, LeafNodeType: 'AfterSuite', State: 'failed', Failure: { Message: 'late' } },
      spec('passed', 'runs'),
      spec('skipped', 'is skipped', { Failure: { Message: 'no AppArmor' } }),
      spec('panicked', 'panics', { Failure: { Message: 'Test Panicked', ForwardedPanic: 'nil' } }),
    ),
    {
      seed: 7,
      specs: [
        { name: 'AfterSuite', outcome: 'failed', reason: 'late', seconds: 0, attempts: 1, container: '' },
        {
          name: '[k8s.io] Area when asked runs',
          outcome: 'passed',
          reason: '',
          seconds: 1.5,
          attempts: 1,
          container: '[k8s.io] Area when asked',
        },
        {
          name: '[k8s.io] Area when asked is skipped',
          outcome: 'skipped',
          reason: 'no AppArmor',
          seconds: 1.5,
          attempts: 1,
          container: '[k8s.io] Area when asked',
        },
        {
          name: '[k8s.io] Area when asked panics',
          outcome: 'failed',
          reason: 'panicked: Test Panicked nil',
          seconds: 1.5,
          attempts: 1,
          container: '[k8s.io] Area when asked',
        },
      ],
    },
  );
});

test('a verdict names what did not pass and counts what was not expected', () => {
  const [known = ''] = Object.keys(knownFailures);
  const failed = (text: string, Message: string) => spec('failed', text, { Failure: { Message } });
  const [hierarchy, leaf] = [['[k8s.io] Image Manager'], known.replace('[k8s.io] Image Manager ', '')];
  const message =
    'cannot list\nUnexpected error:\n    <*status.Error | 0x1>: \n    rpc error: no\n    {\n  s: 1';
  const verdict = judge(
    report(
      spec('passed', 'runs'),
      failed('lists', message),
      { ...failed('', 'not found'), ContainerHierarchyTexts: hierarchy, LeafNodeText: leaf },
      spec('skipped', 'benchmark about starts'),
      spec('skipped', 'is not selected'),
      spec('skipped', 'wants more', { Failure: { Message: 'kernel lacks it' } }),
    ),
    knownFailures,
  );
  assert.equal(verdict.unexpected, 1);
  assert.deepEqual(verdict.lines, [
    '6 specs: 1 passed, 2 failed, 3 skipped',
    '  FAILED: [k8s.io] Area when asked lists\n      cannot list\n      rpc error: no',
    `  failed, as known: ${known}\n      ${knownFailures[known]}`,
    '  skipped 1: benchmarks, which critest runs only with -benchmark\n      [k8s.io] Area when asked benchmark about starts',
    '  skipped 1: not selected',
    '  skipped 1: kernel lacks it\n      [k8s.io] Area when asked wants more',
  ]);
});

test('a spec that passed only when it ran again is told of', () => {
  const verdict = judge(report(spec('passed', 'is late', { NumAttempts: 2 })), {});
  assert.equal(verdict.unexpected, 0);
  assert.deepEqual(verdict.lines.slice(1), [
    '  failed, and passed at attempt 2: [k8s.io] Area when asked is late',
  ]);
});

test('a known failure that passes is news', () => {
  const known = Object.keys(knownFailures)[0] ?? '';
  const verdict = judge(
    report(spec('passed', '', { ContainerHierarchyTexts: [], LeafNodeText: known })),
    knownFailures,
  );
  assert.equal(verdict.unexpected, 1);
});
