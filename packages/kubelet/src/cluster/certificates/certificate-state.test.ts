import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  type CertificateState,
  certificateOf,
  lookedAt,
  needsRequest,
  problemOf,
  readRequestStatus,
  requested,
  shownState,
} from './certificate-state.ts';

const minute = 60_000;
const initial: CertificateState = { is: 'initial' };
const asked = (state: CertificateState, now = 0) =>
  requested(state, { key: 'KEY', request: 'req-1', now, random: 0.5 });
const conditions = (type: string) => ({ conditions: [{ type, reason: 'Why', message: 'So' }] });
const issued = readRequestStatus({
  status: {
    ...conditions('Issued'),
    certificateChain: 'odd\n-----BEGIN CERTIFICATE-----\nX: y\nAAAA\n-----END CERTIFICATE-----\nmore',
    beginRefreshAt: new Date(30 * minute).toISOString(),
    notAfter: new Date(60 * minute).toISOString(),
  },
});
const chain = '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n';

test('a certificate is asked for, waited for and renewed some minutes after its time', () => {
  assert.equal(needsRequest(initial, 0), true);
  assert.equal(problemOf(initial), 'credential bundle is not issued yet');
  const waiting = asked(initial);
  assert.equal(needsRequest(waiting, 1e12), false);
  assert.equal(lookedAt(waiting, readRequestStatus({ status: {} }), 1e12, 0), waiting);
  const fresh = lookedAt(waiting, issued, minute, 0.5);
  const certificate = { key: 'KEY', chain, refreshAt: 32.5 * minute, expiresAt: 60 * minute };
  assert.deepEqual(fresh, { is: 'fresh', issued: certificate });
  assert.equal(needsRequest(fresh, 32.5 * minute - 1), false);
  assert.equal(needsRequest(fresh, 32.5 * minute), true);
  const renewing = asked(fresh, 33 * minute);
  assert.deepEqual(certificateOf(renewing), certificate);
  assert.deepEqual(
    [40, 43, 61].map((at) => shownState(renewing, at * minute)),
    ['fresh', 'overdue_for_refresh', 'expired'],
  );
});

test('a request that was deleted is made again after a while', () => {
  const waiting = asked(initial);
  assert.equal(lookedAt(waiting, undefined, 12.5 * minute, 0), waiting);
  assert.deepEqual(lookedAt(waiting, undefined, 12.6 * minute, 0), initial);
  const fresh = lookedAt(waiting, issued, 0, 0);
  assert.deepEqual(lookedAt(asked(fresh), undefined, 13 * minute, 0), fresh);
});

for (const [type, is] of [
  ['Denied', 'denied'],
  ['Failed', 'failed'],
] as const) {
  test(`a request that was ${is} stays so`, () => {
    const state = lookedAt(asked(initial), readRequestStatus({ status: conditions(type) }), 0, 0);
    assert.deepEqual(state, { is, reason: 'Why', message: 'So' });
    assert.equal(needsRequest(state, 1e12), false);
    assert.equal(shownState(state, 0), is);
    assert.equal(problemOf(state), `PodCertificateRequest was permanently ${is}: reason="Why" message="So"`);
  });
}

test('what is no request has no status', () => {
  assert.equal(readRequestStatus({}), undefined);
  assert.equal(readRequestStatus('x'), undefined);
  assert.equal(shownState(initial, 0), 'not_yet_issued');
});
