import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createSecureContext } from 'node:tls';
import { opensslCiphers, opensslCurves, tlsVersions } from './go-names.ts';

const suites13 = 'TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256';

test('suites of TLS 1.3 cannot be turned off', () => {
  const { ciphers, notices } = opensslCiphers(['TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256']);
  assert.equal(ciphers, `${suites13}:ECDHE-RSA-AES128-GCM-SHA256`);
  assert.deepEqual(notices, []);
});

test('older names, duplicates, insecure suites, and those that are gone', () => {
  const { ciphers, notices } = opensslCiphers([
    'TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305',
    'TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256',
    'TLS_RSA_WITH_AES_128_CBC_SHA',
    'TLS_RSA_WITH_RC4_128_SHA',
  ]);
  assert.equal(ciphers, `${suites13}:ECDHE-RSA-CHACHA20-POLY1305:AES128-SHA`);
  assert.deepEqual(notices, [
    'Use of insecure cipher detected: TLS_RSA_WITH_AES_128_CBC_SHA',
    'Use of insecure cipher detected: TLS_RSA_WITH_RC4_128_SHA',
    'TLS_RSA_WITH_RC4_128_SHA has no effect: OpenSSL does not have it any more',
  ]);
});

test('what Go does not know is refused', () => {
  assert.throws(() => opensslCiphers(['AES128-SHA']), /^RangeError: Cipher suite AES128-SHA not supported/);
  assert.throws(() => opensslCiphers(['TLS_RSA_WITH_RC4_128_SHA']), /none of the given/);
  assert.throws(() => opensslCurves([0]), /curve preference 0 is out of range \(must be 1-65535\)/);
  assert.throws(() => opensslCurves([23, 29, 23]), /duplicate curve preference 23/);
  assert.throws(() => opensslCurves([1]), /curve preference 1 is not supported/);
});

test('OpenSSL knows every name', () => {
  createSecureContext({ ciphers: opensslCiphers([]).ciphers });
  createSecureContext({ ecdhCurve: opensslCurves([23, 24, 25, 29, 4587, 4588, 4589]) ?? '' });
  for (const minVersion of tlsVersions.values()) createSecureContext({ minVersion });
  assert.equal(opensslCurves([]), undefined);
});
