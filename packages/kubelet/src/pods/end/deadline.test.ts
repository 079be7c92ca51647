import assert from 'node:assert/strict';
import { test } from 'node:test';
import { testPod } from '../../testing/pod.ts';
import { deadlineEnd, deadlineOf } from './deadline.ts';

const limited = testPod({ activeDeadlineSeconds: 5, containers: [{ name: 'a' }] });
const unlimited = testPod({ containers: [{ name: 'a' }] });

test('the deadline counts from the start of the pod', () => {
  assert.equal(deadlineOf(limited, 1000), 6000);
  assert.equal(deadlineOf(unlimited, 1000), undefined);
});

const cases: [title: string, pod: typeof limited, status: object | undefined, now: number, ends: boolean][] =
  [
    ['before it', limited, { phase: 'Running' }, 5999, false],
    ['at it', limited, { phase: 'Running' }, 6000, true],
    ['without a status', limited, undefined, 6000, true],
    ['without a deadline', unlimited, { phase: 'Running' }, 1e12, false],
    ['a pod that succeeded in time', limited, { phase: 'Succeeded' }, 6000, false],
    ['a pod that failed in time', limited, { phase: 'Failed' }, 6000, false],
    ['a pod that missed it before', limited, { phase: 'Failed', reason: 'DeadlineExceeded' }, 0, true],
  ];
for (const [title, pod, status, now, ends] of cases) {
  test(`${title} the pod ${ends ? 'ends' : 'goes on'}`, () => {
    assert.deepEqual(deadlineEnd(pod, 1000, status, now), ends ? { by: 'deadline' } : undefined);
  });
}
