import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseEndpoint } from './endpoint.ts';

test('socket paths are found in endpoints', () => {
  for (const endpoint of ['/run/x.sock', 'unix:///run/x.sock', 'unix:/run/x.sock']) {
    assert.equal(parseEndpoint(endpoint), '/run/x.sock');
  }
});

test('endpoints that are no absolute Unix socket path are refused', () => {
  assert.throws(() => parseEndpoint(''), /is empty/);
  assert.throws(() => parseEndpoint('tcp://127.0.0.1:1'), /protocol "tcp" is not supported/);
  assert.throws(() => parseEndpoint('run/x.sock'), /must be absolute/);
  assert.throws(() => parseEndpoint('unix://run/x.sock'), /must be absolute/);
});
