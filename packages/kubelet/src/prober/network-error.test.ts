import assert from 'node:assert/strict';
import { test } from 'node:test';
import { networkError } from './network-error.ts';

const failure = (code: string, syscall: string, message = code) =>
  Object.assign(new Error(message), { code, syscall });

test('errors of connections in the words of Go', () => {
  const target = { host: '10.0.0.2', port: 80 };
  const socket = { localAddress: '10.0.0.1', localPort: 4000 };
  const told = (error: Error, of = target) => networkError(error, of, socket);
  assert.equal(told(failure('ECONNREFUSED', 'connect')), 'dial tcp 10.0.0.2:80: connect: connection refused');
  assert.equal(
    told(failure('EHOSTUNREACH', 'connect'), { host: 'fd00::2', port: 80 }),
    'dial tcp [fd00::2]:80: connect: no route to host',
  );
  assert.equal(
    told(failure('ECONNRESET', 'read')),
    'read tcp 10.0.0.1:4000->10.0.0.2:80: read: connection reset by peer',
  );
  assert.equal(networkError(failure('ECONNRESET', 'read'), target, null), 'read: connection reset by peer');
  assert.equal(told(failure('ECONNRESET', '', 'socket hang up')), 'EOF');
  assert.equal(told(failure('ENOTFOUND', 'getaddrinfo')), 'dial tcp: lookup 10.0.0.2: no such host');
  assert.equal(told(new Error('the probe was stopped')), 'the probe was stopped');
});
