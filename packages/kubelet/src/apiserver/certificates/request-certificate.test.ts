import assert from 'node:assert/strict';
import { createPublicKey } from 'node:crypto';
import { test } from 'node:test';
import { redirectLog } from '../../klog/klog.ts';
import { apiError, requestedKey, SigningApi } from '../../testing/signing-api.ts';
import { clientTemplate } from './certificate-template.ts';
import { makeKey } from './private-key.ts';
import {
  clientUsages,
  issuedCertificate,
  makeRequest,
  RequestOverError,
  servingUsages,
} from './request-certificate.ts';

redirectLog(() => {});
const key = await makeKey();
const template = clientTemplate('n');
const wanted = { template, key, signerName: 'example.org/s', usages: clientUsages(key) };
const { signal } = new AbortController();
const valid = { notBefore: Date.now() - 1000, notAfter: Date.now() + 3_600_000 };

test('a request says what is wanted', async () => {
  const api = new SigningApi();
  const { name, uid } = await makeRequest(api.client, wanted, signal);
  const made = api.requests.get(name);
  assert.ok(made);
  assert.equal(made.metadata?.uid, uid);
  assert.match(name, /^csr-/);
  assert.deepEqual(made.spec.usages, ['digital signature', 'client auth']);
  assert.equal(made.spec.signerName, 'example.org/s');
  const pem = Buffer.from(made.spec.request, 'base64').toString();
  assert.ok(requestedKey(pem).equals(createPublicKey(key)));
  assert.deepEqual(servingUsages(key), ['digital signature', 'server auth']);
});

test('a request of that name is used again when it asks the same', async () => {
  const rows: [what: string, theirs: Partial<typeof wanted>, problem: RegExp | undefined][] = [
    ['the same', {}, undefined],
    [
      'another key',
      { key: await makeKey() },
      /not compatible: it was made for another subject or with another key/,
    ],
    ['another signer', { signerName: 'other' }, /not compatible: csr signerNames differ/],
  ];
  for (const [what, theirs, problem] of rows) {
    const api = new SigningApi();
    const before = await makeRequest(api.client, { ...wanted, ...theirs, name: 'node-csr-x' }, signal);
    const again = makeRequest(api.client, { ...wanted, name: 'node-csr-x' }, signal);
    if (problem === undefined) assert.deepEqual(await again, before, what);
    else await assert.rejects(again, { name: 'RequestOverError', message: problem }, what);
  }
});

test('a request of that name is of no use when its certificate has expired', async () => {
  const api = new SigningApi();
  await makeRequest(api.client, { ...wanted, name: 'node-csr-x' }, signal);
  api.sign('node-csr-x', { notBefore: 0, notAfter: 86_400_000 });
  await assert.rejects(
    makeRequest(api.client, { ...wanted, name: 'node-csr-x' }, signal),
    /one of the certificates for the CSR has expired: Jan {2}2 00:00:00 1970 GMT/,
  );
});

test('what the API server refuses is told', async () => {
  const api = new SigningApi();
  api.failures.push(apiError(403, 'Forbidden', 'no'));
  await assert.rejects(makeRequest(api.client, wanted, signal), { name: 'ApiError', message: 'no' });
});

test('a certificate is waited for, whatever happens to the connection', async () => {
  const api = new SigningApi();
  const request = await makeRequest(api.client, wanted, signal);
  api.failures.push(new Error('connection reset'), apiError(500, 'InternalError'));
  const waiting = issuedCertificate(api.client, request, signal);
  await api.watched();
  api.endWatches();
  await api.watched();
  api.update(request.name, { conditions: [{ type: 'Approved', status: 'True' }] });
  api.sign(request.name, valid);
  assert.match(await waiting, /^-----BEGIN CERTIFICATE-----\n/);
});

test('a certificate that is there already', async () => {
  const api = new SigningApi();
  const request = await makeRequest(api.client, wanted, signal);
  api.sign(request.name, valid);
  assert.match(await issuedCertificate(api.client, request, signal), /^-----BEGIN CERTIFICATE-----\n/);
});

test('a request that is over', async () => {
  const denied = { conditions: [{ type: 'Denied', status: 'True' }] };
  const ends: [what: string, end: (api: SigningApi, name: string) => void, message: RegExp][] = [
    ['denied', (api, name) => api.update(name, denied), /is denied/],
    ['deleted', (api, name) => api.remove(name), /was deleted/],
  ];
  for (const [what, end, message] of ends) {
    for (const when of ['before', 'while']) {
      const api = new SigningApi();
      const request = await makeRequest(api.client, wanted, signal);
      if (when === 'before') end(api, request.name);
      const waiting = issuedCertificate(api.client, request, signal);
      if (when === 'while') void api.watched().then(() => end(api, request.name));
      await assert.rejects(waiting, (error: unknown) => {
        assert.ok(
          error instanceof RequestOverError && message.test(error.message),
          `${what} ${when}: ${error}`,
        );
        return true;
      });
    }
  }
});

test('the wait ends with the signal', async () => {
  const api = new SigningApi();
  const request = await makeRequest(api.client, wanted, signal);
  const controller = new AbortController();
  const waiting = issuedCertificate(api.client, request, controller.signal);
  await api.watched();
  controller.abort(new Error('stopping'));
  await assert.rejects(waiting, /stopping/);
});
