import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ConnectionError } from '@berth/http/connection-error.ts';
import type { Status } from 'kubernetes-types/meta/v1.d.ts';
import { ApiError } from './api-client.ts';
import {
  type Failure,
  failureOf,
  firstStep,
  initialState,
  type ListWatchState,
  nextStep,
  type Outcome,
  type Step,
  watchTimeoutSeconds,
} from './list-watch-steps.ts';

const known: ListWatchState = { ...initialState, resourceVersion: '5' };
const lost: ListWatchState = { ...known, isVersionLost: true };
const plain: ListWatchState = { ...initialState, takesStreams: false };
const stream: Step = { do: 'stream', resourceVersion: '5' };
const list: Step = { do: 'list', resourceVersion: '5' };
const watch: Step = { do: 'watch', resourceVersion: '5' };

function watched(events: number, lastedMs: number, failure?: Failure): Outcome {
  return { end: 'watched', resourceVersion: '9', events, lastedMs, ...(failure && { failure }) };
}

function failed(failure: Failure): Outcome {
  return { end: 'failed', failure };
}

test('the first step', () => {
  const cases: [state: ListWatchState, step: Step][] = [
    [initialState, { do: 'stream', resourceVersion: undefined }],
    [known, stream],
    [lost, { do: 'stream', resourceVersion: undefined }],
    // Whatever the cache of the server has.
    [plain, { do: 'list', resourceVersion: '0' }],
    [{ ...plain, resourceVersion: '5' }, list],
    [
      { ...plain, resourceVersion: '5', isVersionLost: true },
      { do: 'list', resourceVersion: undefined },
    ],
  ];
  for (const [state, step] of cases) assert.deepEqual(firstStep(state), step, JSON.stringify(state));
});

test('next steps', () => {
  const at9: Step = { do: 'watch', resourceVersion: '9' };
  const newest: Step = { do: 'stream', resourceVersion: undefined };
  const cases: [state: ListWatchState, step: Step, outcome: Outcome, next: Step, pauses: boolean][] = [
    [known, list, { end: 'listed', resourceVersion: '9' }, at9, false],
    // The server ends a watch after its time.
    [known, watch, watched(0, 300_000), at9, false],
    [known, watch, watched(1, 10), at9, false],
    [known, watch, watched(0, 10), at9, true],
    [known, watch, watched(3, 10, 'unreachable'), at9, true],
    [known, watch, watched(3, 5000, 'unreachable'), at9, false],
    [known, watch, watched(3, 5000, 'busy'), at9, true],
    [known, watch, watched(3, 5000, 'expired'), { do: 'stream', resourceVersion: '9' }, true],
    [known, watch, watched(3, 5000, 'other'), { do: 'stream', resourceVersion: '9' }, true],
    [known, watch, failed('unreachable'), watch, true],
    [known, watch, failed('busy'), watch, true],
    [known, watch, failed('expired'), stream, true],
    [known, watch, failed('other'), stream, true],
    [known, stream, failed('unreachable'), stream, true],
    [known, stream, failed('expired'), newest, false],
    [known, stream, failed('too large version'), newest, false],
    [lost, newest, failed('expired'), newest, true],
    [known, stream, failed('refused'), list, false],
    [known, stream, failed('other'), list, true],
    [known, list, failed('expired'), { do: 'list', resourceVersion: undefined }, false],
    [known, list, failed('other'), stream, true],
    [known, list, failed('unreachable'), list, true],
  ];
  for (const [state, step, outcome, next, pauses] of cases) {
    const found = nextStep(state, step, outcome, { nowMs: 0, random: 0 });
    assert.deepEqual([found.step, found.pauseMs > 0], [next, pauses], JSON.stringify([step, outcome]));
  }
});

test('what is remembered', () => {
  const at = { nowMs: 0, random: 0 };
  assert.deepEqual(nextStep(lost, list, { end: 'listed', resourceVersion: '9' }, at).state, {
    ...known,
    resourceVersion: '9',
  });
  assert.equal(nextStep(known, stream, failed('refused'), at).state.takesStreams, false);
  assert.equal(nextStep(known, stream, failed('other'), at).state.takesStreams, true);
  assert.equal(nextStep(known, stream, failed('expired'), at).state.isVersionLost, true);
});

test('pauses grow to half a minute, by chance to a minute, and begin anew after two quiet minutes', () => {
  let state = known;
  const pauses = (times: readonly number[], random: number): number[] =>
    times.map((nowMs) => {
      const next = nextStep(state, watch, failed('unreachable'), { nowMs, random });
      state = next.state;
      return next.pauseMs;
    });
  assert.deepEqual(
    pauses([0, 1, 2, 3, 4, 5, 6, 7], 0),
    [800, 1600, 3200, 6400, 12_800, 25_600, 30_000, 30_000],
  );
  assert.deepEqual(pauses([8, 120_008], 1), [60_000, 60_000]);
  assert.deepEqual(pauses([240_009, 240_010], 0.5), [1200, 2400]);
});

test('watches take five to ten minutes', () => {
  assert.deepEqual([0, 0.5, 1].map(watchTimeoutSeconds), [300, 450, 600]);
});

test('what errors mean', () => {
  const api = (status: Status): ApiError => new ApiError(status, status.code ?? 500);
  const cases: [error: unknown, failure: Failure][] = [
    [new ConnectionError('ECONNREFUSED', 'x'), 'unreachable'],
    [new Error('x'), 'other'],
    [api({ reason: 'Expired', code: 410 }), 'expired'],
    [api({ reason: 'Gone', code: 410 }), 'expired'],
    [
      api({ reason: 'Timeout', code: 504, details: { causes: [{ reason: 'ResourceVersionTooLarge' }] } }),
      'too large version',
    ],
    [api({ reason: 'Timeout', code: 504 }), 'other'],
    [api({ reason: 'TooManyRequests', code: 429 }), 'busy'],
    [api({ code: 503 }), 'unreachable'],
    [api({ code: 502 }), 'unreachable'],
    [api({ reason: 'Invalid', code: 422 }), 'refused'],
    [api({ reason: 'BadRequest', code: 400 }), 'refused'],
    [api({ reason: 'Forbidden', code: 403 }), 'other'],
  ];
  for (const [error, failure] of cases) assert.equal(failureOf(error), failure, String(error));
});
