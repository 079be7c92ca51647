import assert from 'node:assert/strict';
import { test } from 'node:test';
import { expansionBegins, expansionEnded, expansionFailed, expansionOf } from './claim-expansion.ts';

const volume = { spec: { capacity: { storage: '2Gi' } } };
const bytes = 2n ** 31n;

test('a volume grows when it is larger than its claim says, and nobody else is at it', () => {
  const expand = { do: 'expand', size: '2Gi', bytes };
  const cases: [status: object, found: object][] = [
    [{}, { do: 'nothing' }],
    [{ capacity: { storage: '2Gi' } }, { do: 'nothing' }],
    [{ capacity: { storage: '3Gi' } }, { do: 'nothing' }],
    [{ capacity: { storage: '1Gi' } }, { ...expand, tells: false }],
    [
      { capacity: { storage: '1Gi' }, allocatedResourceStatuses: { storage: 'ControllerResizeInProgress' } },
      { do: 'nothing' },
    ],
    [{ capacity: { storage: '1Gi' }, allocatedResources: { storage: '2Gi' } }, { do: 'nothing' }],
    ...['NodeResizePending', 'NodeResizeInProgress'].map((storage): [object, object] => [
      {
        capacity: { storage: '1Gi' },
        allocatedResources: { storage: '2147483648' },
        allocatedResourceStatuses: { storage },
      },
      { ...expand, size: '2147483648', tells: true },
    ]),
    [
      { capacity: { storage: '1Gi' }, allocatedResourceStatuses: { storage: 'NodeResizeInfeasible' } },
      { do: 'nothing' },
    ],
  ];
  for (const [status, found] of cases) assert.deepEqual(expansionOf({ status }, volume), found);
});

test('the claim says what becomes of the expansion', () => {
  const claim = {
    metadata: { resourceVersion: '7' },
    status: {
      conditions: [
        { type: 'FileSystemResizePending', status: 'True' },
        { type: 'Other', status: 'True' },
      ],
    },
  };
  const metadata = { resourceVersion: '7' };
  assert.deepEqual(expansionBegins(claim), {
    metadata,
    status: { allocatedResourceStatuses: { storage: 'NodeResizeInProgress' } },
  });
  assert.deepEqual(expansionEnded(claim, '2Gi'), {
    metadata,
    status: {
      capacity: { storage: '2Gi' },
      allocatedResourceStatuses: { storage: null },
      conditions: [{ type: 'Other', status: 'True' }],
    },
  });
  assert.deepEqual(expansionFailed(claim).status, {
    allocatedResourceStatuses: { storage: 'NodeResizeInfeasible' },
  });
});
