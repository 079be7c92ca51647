import assert from 'node:assert/strict';
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { test } from 'node:test';
import { selfSignedCertificate } from './self-signed.ts';

const now = new Date('2026-11-29T15:05:12.345Z');

for (const [host, san] of [
  ['node-1', 'DNS:node-1'],
  ['192.0.2.7', 'IP Address:192.0.2.7'],
  ['2001:db8::1', 'IP Address:2001:DB8:0:0:0:0:0:1'],
] as const) {
  test(`a certificate for ${host}`, async () => {
    const { cert, key } = await selfSignedCertificate(host, now);
    const [own, authority] = cert.match(/-----BEGIN[\s\S]*?-----END CERTIFICATE-----\n/g) ?? [];
    assert.ok(own !== undefined && authority !== undefined);
    const [server, issuer] = [new X509Certificate(own), new X509Certificate(authority)];
    assert.equal(server.subject, `CN=${host}@1795964712`);
    assert.equal(server.issuer, `CN=${host}-ca@1795964712`);
    assert.equal(server.subjectAltName, san);
    assert.equal(issuer.subject, issuer.issuer);
    assert.ok(issuer.ca);
    assert.ok(!server.ca);
    assert.ok(server.verify(issuer.publicKey));
    assert.ok(issuer.verify(issuer.publicKey));
    assert.ok(server.checkIssued(issuer));
    assert.ok(server.checkPrivateKey(createPrivateKey(key)));
    assert.equal(server.validFrom, 'Nov 29 14:05:12 2026 GMT');
    assert.equal(server.validTo, 'Nov 29 14:05:12 2027 GMT');
    assert.deepEqual(server.keyUsage, ['1.3.6.1.5.5.7.3.1']);
    assert.match(key, /^-----BEGIN RSA PRIVATE KEY-----\n/);
    assert.ok(BigInt(`0x${server.serialNumber}`) < 2n ** 63n);
  });
}
