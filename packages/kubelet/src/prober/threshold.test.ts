import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ProbeKind, ProbeResult } from './results.ts';
import {
  afterOutcome,
  hasStarted,
  initialState,
  isDue,
  nextTickIn,
  type ProbeState,
  retryDelay,
  stateFor,
} from './threshold.ts';

const settings = { initialDelayMs: 0, periodMs: 1000, successThreshold: 1, failureThreshold: 3 };

/** Outcomes as letters, `s` and `f`; results as the first letters of each, `!` after a probe that is on hold. */
function results(kind: ProbeKind, outcomes: string, successThreshold = 1, failureThreshold = 3): string {
  let state: ProbeState = initialState(kind, 'c');
  const shown = [...outcomes].map((letter) => {
    const outcome = letter === 's' ? 'success' : 'failure';
    state = afterOutcome(kind, state, outcome, { ...settings, successThreshold, failureThreshold });
    return state.result.slice(0, 1) + (state.onHold ? '!' : '');
  });
  return shown.join('');
}

const runs: [kind: ProbeKind, success: number, failure: number, outcomes: string, results: string][] = [
  ['readiness', 1, 3, 'fffsffsfffs', 'fffssssssfs'],
  ['readiness', 3, 1, 'ssfsss', 'fffffs'],
  ['readiness', 1, 1, 'sfsf', 'sfsf'],
  ['liveness', 1, 3, 'sffsfff', 'ssssssf!'],
  ['liveness', 1, 1, 'f', 'f!'],
  ['startup', 1, 3, 'ffs', 'uus!'],
  ['startup', 1, 3, 'fff', 'uuf!'],
];
for (const [kind, success, failure, outcomes, expected] of runs) {
  test(`${kind}, thresholds ${success}/${failure}: ${outcomes} gives ${expected}`, () => {
    assert.equal(results(kind, outcomes, success, failure), expected);
  });
}

test('another container begins anew, whatever the counts of the former one', () => {
  const failing = afterOutcome('liveness', initialState('liveness', 'a'), 'failure', settings);
  assert.equal(failing.run, 1);
  assert.deepEqual(stateFor('liveness', 'b', undefined), {
    containerId: 'b',
    result: 'success',
    last: undefined,
    run: 0,
    onHold: false,
  });
});

const recorded: [kind: ProbeKind, recorded: ProbeResult | undefined, result: ProbeResult, onHold: boolean][] =
  [
    ['readiness', undefined, 'failure', false],
    ['readiness', 'success', 'success', false],
    ['readiness', 'failure', 'failure', false],
    ['startup', undefined, 'unknown', false],
    ['startup', 'success', 'success', true],
    ['liveness', 'failure', 'success', false],
  ];
for (const [kind, before, result, onHold] of recorded) {
  test(`${kind} after a restart of the kubelet that had recorded ${before}: ${result}`, () => {
    const state = stateFor(kind, 'c', before);
    assert.deepEqual([state.result, state.onHold], [result, onHold]);
  });
}

const due: [kind: ProbeKind, running: boolean, started: boolean, onHold: boolean, isDue: boolean][] = [
  ['readiness', true, true, false, true],
  ['readiness', true, false, false, false],
  ['liveness', true, false, false, false],
  ['liveness', true, true, true, false],
  ['liveness', false, true, false, false],
  ['startup', true, false, false, true],
  ['startup', true, true, true, false],
  ['startup', true, false, true, false],
];
for (const [kind, running, started, onHold, expected] of due) {
  const title = `${kind}: ${running ? 'running' : 'ended'}, ${started ? '' : 'not '}started${onHold ? ', on hold' : ''}`;
  test(`${title}: ${expected ? 'due' : 'not due'}`, () => {
    const state = { ...initialState(kind, 'c'), onHold };
    assert.equal(isDue(kind, state, { id: 'c', running, startedAt: 0 }, started), expected);
  });
}

test('without a container nothing is due', () => {
  assert.equal(isDue('readiness', initialState('readiness'), undefined, true), false);
});

test('a container has started unless its startup probe says otherwise', () => {
  assert.deepEqual(
    ([undefined, 'success', 'failure', 'unknown'] as const).map((result) => hasStarted(result)),
    [true, true, false, false],
  );
});

const ticks: [phase: number, period: number, earliest: number, now: number, delay: number][] = [
  [0, 10, 0, 0, 0],
  [0, 10, 0, 1, 9],
  [0, 10, 25, 1, 29],
  [0, 10, 20, 1, 19],
  [7, 10, 0, 3, 4],
  [7, 10, 0, 107, 0],
];
for (const [phase, period, earliest, now, delay] of ticks) {
  test(`ticks every ${period} after ${phase}, not before ${earliest}: ${delay} after ${now}`, () => {
    assert.equal(nextTickIn(phase, period, earliest, now), delay);
  });
}

test('the retries of a container that is not ready slow down to the period', () => {
  assert.deepEqual(
    [0, 1, 2, 3, 4, 5, 1000].map((attempt) => retryDelay(50, attempt, 1000)),
    [50, 100, 200, 400, 800, 1000, 1000],
  );
});
