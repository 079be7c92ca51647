import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type ServerHttp2Stream } from 'node:http2';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { connectCri } from './client.ts';
import { connectCriLight } from './http2-client.ts';

for (const connect of [connectCri, connectCriLight])
  test(`a status message keeps the spaces around it: ${connect.name}`, async () => {
    const dir = mkdtempSync(join(tmpdir(), 'field-whitespace-'));
    const socketPath = join(dir, 'cri.sock');
    const server = createServer();
    server.on('stream', (stream: ServerHttp2Stream) => {
      stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
      stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': 2, 'grpc-message': ' no "a" ' }));
      stream.end();
    });
    await new Promise<void>((resolve) => server.listen(socketPath, resolve));
    const client = connect(socketPath);
    try {
      await assert.rejects(client.runtime.version({}), {
        name: 'CriError',
        code: 'UNKNOWN',
        message: ' no "a" ',
      });
    } finally {
      client.close();
      await new Promise((resolve) => server.close(resolve));
      rmSync(dir, { recursive: true });
    }
  });
