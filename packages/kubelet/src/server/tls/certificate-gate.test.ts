import assert from 'node:assert/strict';
import { generateKeyPairSync, X509Certificate } from 'node:crypto';
import { createServer } from 'node:net';
import { test } from 'node:test';
import { connect as connectTls } from 'node:tls';
import { scratchDir } from '@berth/test-support/scratch.ts';
import { until } from '@berth/test-support/until.ts';
import { servingTemplate } from '../../apiserver/certificates/certificate-template.ts';
import { signingRequest } from '../../apiserver/certificates/signing-request.ts';
import { startTestServer, testHost } from '../../testing/server.ts';
import { issue } from '../../testing/signing-api.ts';

const { privateKey: key } = generateKeyPairSync('ec', { namedCurve: 'P-256' });

function pairFor(node: string): { cert: string; key: string } {
  const template = servingTemplate(node, [{ type: 'InternalIP', address: '127.0.0.1' }]);
  assert.ok(template);
  const validity = { notBefore: Date.now() - 60_000, notAfter: Date.now() + 60_000 };
  return {
    cert: issue(signingRequest(template, key), validity, key),
    key: key.export({ type: 'sec1', format: 'pem' }).toString(),
  };
}

/** Certificates that a test sets. */
class TestCertificates {
  pair: { cert: string; key: string } | undefined;
  readonly listeners = new Set<() => void>();

  current(): { cert: string; key: string } | undefined {
    return this.pair;
  }

  onRenewed(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  use(pair: { cert: string; key: string }): void {
    this.pair = pair;
    for (const listener of this.listeners) listener();
  }
}

/** The common name that the server shows, or the error of the handshake. */
async function handshake(port: number, options: object = {}): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>();
  const socket = connectTls({ host: '127.0.0.1', port, rejectUnauthorized: false, ...options }, () =>
    resolve(String(new X509Certificate(socket.getPeerCertificate().raw).toLegacyObject().subject.CN)),
  );
  socket.once('error', (error) => resolve(error.message));
  try {
    return await promise;
  } finally {
    socket.destroy();
  }
}

test('a server without a certificate refuses handshakes with an alert, and serves with the first one', async () => {
  using scratch = scratchDir('gate');
  const certificates = new TestCertificates();
  using server = await startTestServer(scratch.path, testHost(), { anonymousAuth: true }, { certificates });
  for (const maxVersion of ['TLSv1.2', 'TLSv1.3']) {
    assert.match(await handshake(server.port, { maxVersion }), /tlsv1 alert internal error/i, maxVersion);
  }
  certificates.use(pairFor('one'));
  assert.equal(await handshake(server.port), 'system:node:one');
  assert.equal((await server.ask('GET /pods')).status, 200);
  certificates.use(pairFor('two'));
  assert.equal(await handshake(server.port), 'system:node:two');
  certificates.pair = undefined;
  assert.match(await handshake(server.port), /alert internal error/, 'it has expired');
});

test('the server ends with its connections', async () => {
  using scratch = scratchDir('gate');
  const certificates = new TestCertificates();
  const server = await startTestServer(scratch.path, testHost(), {}, { certificates });
  assert.equal(certificates.listeners.size, 1);
  server[Symbol.dispose]();
  assert.equal(certificates.listeners.size, 0);
  const again = createServer().listen(server.port, '127.0.0.1');
  await until('the port is free', () => again.listening);
  again.close();
});
