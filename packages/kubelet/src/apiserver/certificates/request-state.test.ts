import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CertificateSigningRequestStatus } from 'kubernetes-types/certificates/v1.d.ts';
import { type RequestState, requestState } from './request-state.ts';

const approved = { type: 'Approved', status: 'True' };
const certificate = Buffer.from('PEM').toString('base64');

test('what a request says', () => {
  const rows: [what: string, status: CertificateSigningRequestStatus | undefined, state: RequestState][] = [
    ['new', undefined, { is: 'waiting', isApproved: false }],
    ['approved', { conditions: [approved] }, { is: 'waiting', isApproved: true }],
    ['issued', { conditions: [approved], certificate }, { is: 'issued', certificate: 'PEM' }],
    ['issued without approval', { certificate }, { is: 'waiting', isApproved: false }],
    [
      'denied',
      { conditions: [{ type: 'Denied', status: 'True', reason: 'No', message: 'not here' }] },
      { is: 'over', why: 'certificate signing request is denied, reason: No, message: not here' },
    ],
    [
      'approved, but failed',
      { conditions: [approved, { type: 'Failed', status: 'True', reason: 'SignerValidationFailure' }] },
      {
        is: 'over',
        why: 'certificate signing request failed, reason: SignerValidationFailure, message: ',
      },
    ],
  ];
  for (const [what, status, state] of rows) {
    const request = {
      metadata: { name: 'csr-1', uid: 'u' },
      spec: { request: '', signerName: 's' },
      ...(status && { status }),
    };
    assert.deepEqual(requestState(request, 'u'), state, what);
    assert.deepEqual(requestState(request, 'other'), { is: 'over', why: 'csr "csr-1" changed UIDs' }, what);
  }
});
