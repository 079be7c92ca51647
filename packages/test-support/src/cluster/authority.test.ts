import assert from 'node:assert/strict';
import { createPrivateKey, createPublicKey, X509Certificate } from 'node:crypto';
import { test } from 'node:test';
import { Authority, tokenKeys } from './authority.ts';

test('an authority signs for users and servers', () => {
  const authority = new Authority('cluster');
  const root = new X509Certificate(authority.certificate);
  assert.equal(root.subject, 'CN=cluster');
  assert.ok(root.ca);
  assert.ok(root.verify(root.publicKey));
  assert.ok(root.checkPrivateKey(createPrivateKey(authority.key)));

  const user = authority.issue({
    commonName: 'system:node:one',
    organizations: ['system:nodes', 'other'],
    purposes: ['client'],
    validMs: 60_000,
  });
  const client = new X509Certificate(user.certificate);
  assert.equal(client.subject, 'O=system:nodes\nO=other\nCN=system:node:one');
  assert.equal(client.subjectAltName, undefined);
  assert.deepEqual(client.keyUsage, ['1.3.6.1.5.5.7.3.2']);
  assert.ok(!client.ca);
  assert.ok(client.checkIssued(root));
  assert.ok(client.verify(root.publicKey));
  assert.ok(client.checkPrivateKey(createPrivateKey(user.key)));
  const leftMs = Date.parse(client.validTo) - Date.now();
  assert.ok(leftMs > 50_000 && leftMs <= 60_000, `${leftMs}`);

  const server = new X509Certificate(
    authority.issue({ commonName: 'api', hosts: ['kubernetes', '10.96.0.1'], purposes: ['server', 'client'] })
      .certificate,
  );
  assert.equal(server.subjectAltName, 'DNS:kubernetes, IP Address:10.96.0.1');
  assert.deepEqual(server.keyUsage, ['1.3.6.1.5.5.7.3.1', '1.3.6.1.5.5.7.3.2']);
});

test('the keys of tokens belong together', () => {
  const { privateKey, publicKey } = tokenKeys();
  assert.ok(createPublicKey(privateKey).equals(createPublicKey(publicKey)));
});
