import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { test } from 'node:test';
import { signingRequest } from '../apiserver/certificates/signing-request.ts';
import { issue } from '../testing/signing-api.ts';
import { factsOf, parseCertificates } from './certificate-facts.ts';

const { privateKey: key } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const validity = { notBefore: Date.UTC(2026, 0, 2, 3, 4, 5), notAfter: Date.UTC(2099, 11, 31, 23, 59, 59) };

test('the facts of a certificate', () => {
  const rows = [
    { commonName: 'system:node:n', organizations: ['system:nodes'], dnsNames: [], ips: [] },
    { commonName: 'n', organizations: [], dnsNames: ['a.example.org'], ips: [] },
    {
      commonName: 'n, O=x "y" é',
      organizations: ['one', 'two'],
      dnsNames: ['a', 'b, IP Address:10.0.0.9', '*.example.org'],
      ips: ['10.0.0.1', '2001:db8::1', '::1'],
    },
  ];
  for (const template of rows) {
    const [certificate] = parseCertificates(issue(signingRequest(template, key), validity, key));
    assert.ok(certificate);
    assert.deepEqual(factsOf(certificate), { ...template, ...validity });
  }
});

test('certificates among other blocks', () => {
  const one = issue(signingRequest({ ...rowOf('one') }, key), validity, key);
  const two = issue(signingRequest({ ...rowOf('two') }, key), validity, key);
  const keyText = key.export({ type: 'sec1', format: 'pem' }).toString();
  const found = parseCertificates(`text before\n${keyText}${one}between\n${two}`);
  assert.deepEqual(
    found.map((each) => factsOf(each).commonName),
    ['one', 'two'],
  );
  assert.deepEqual(parseCertificates('nothing'), []);
  assert.throws(() =>
    parseCertificates('-----BEGIN CERTIFICATE-----\naGVsbG8=\n-----END CERTIFICATE-----\n'),
  );
});

function rowOf(commonName: string): Parameters<typeof signingRequest>[0] {
  return { commonName, organizations: [], dnsNames: [], ips: [] };
}
