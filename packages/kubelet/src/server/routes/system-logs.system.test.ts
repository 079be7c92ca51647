// /logs/ of a folder in which nothing can be trusted, and queries with a journalctl of the test's own.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { createServer, get, type IncomingHttpHeaders } from 'node:http';
import { createServer as createSocket } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { after, before, test } from 'node:test';
import { listen } from '@berth/http/listen.ts';
import { scratchDir } from '@berth/test-support/scratch.ts';
import { serveRoutes } from '../http/http-server.ts';
import { indexRoutes } from '../http/route-match.ts';
import { nodeLogs } from './node-logs.ts';
import { systemLogsRoutes } from './system-logs.ts';

const { path: dir, [Symbol.dispose]: removeDir } = scratchDir('systemlogs');
const logs = join(dir, 'log');
const server = createServer();
const socket = createSocket();
let port = 0;

before(async () => {
  mkdirSync(join(logs, 'sub'), { recursive: true });
  mkdirSync(join(logs, 'pods'));
  mkdirSync(join(logs, 'svc'));
  writeFileSync(join(dir, 'secret'), 'secret\n');
  writeFileSync(join(logs, 'plain.log'), '0123456789\n');
  writeFileSync(join(logs, 'a <b>&c'), 'odd\n');
  writeFileSync(join(logs, 'binary'), Buffer.of(0, 1, 2, 3));
  writeFileSync(join(logs, 'empty'), '');
  writeFileSync(join(logs, 'pods/0.log'), 'of a pod\n');
  writeFileSync(join(logs, 'svc/svc.log'), 'of svc\n');
  symlinkSync('../plain.log', join(logs, 'sub/inside'));
  symlinkSync(join(logs, 'pods/0.log'), join(logs, 'sub/absolute'));
  symlinkSync(join(dir, 'secret'), join(logs, 'outside'));
  symlinkSync('../secret', join(logs, 'relative'));
  symlinkSync('/', join(logs, 'root'));
  symlinkSync('loop', join(logs, 'loop'));
  symlinkSync('/proc/self/root', join(logs, 'magic'));
  execFileSync('mkfifo', [join(logs, 'fifo')]);
  execFileSync('mknod', [join(logs, 'device'), 'c', '1', '5']);
  await listen(socket, { path: join(logs, 'socket') });
  utimesSync(join(logs, 'plain.log'), 1_700_000_000, 1_700_000_000);
  writeFileSync(
    join(dir, 'journalctl'),
    `#!/bin/sh
if [ "$1" = --field ]; then echo unit.service; exec sleep 0; fi
echo "args: $*"
echo problem >&2
`,
    { mode: 0o755 },
  );
  serveRoutes(server, {
    index: indexRoutes(systemLogsRoutes(logs, nodeLogs(logs, join(dir, 'journalctl')))),
    serverType: 'readwrite',
    gate: undefined,
    observe: () => () => {},
  });
  await listen(server, { port: 0, host: '127.0.0.1' });
  const address = server.address();
  port = typeof address === 'object' && address !== null ? address.port : 0;
});
after(() => {
  server.close().closeAllConnections();
  socket.close();
  removeDir();
});

async function ask(path: string, headers: Record<string, string> = {}) {
  const [response] = await once(get({ host: '127.0.0.1', port, path, headers, agent: false }), 'response');
  const answered: IncomingHttpHeaders = response.headers;
  return { status: response.statusCode, body: await text(response), headers: answered };
}

test('files and folders', async () => {
  const plain = await ask('/logs/plain.log');
  assert.deepEqual([plain.status, plain.body], [200, '0123456789\n']);
  assert.equal(plain.headers['content-type'], 'text/plain; charset=utf-8');
  assert.equal(plain.headers['last-modified'], 'Tue, 14 Nov 2023 22:13:20 GMT');
  assert.equal((await ask('/logs/binary')).headers['content-type'], 'application/octet-stream');
  assert.deepEqual([(await ask('/logs/empty')).status, (await ask('/logs/empty')).body], [200, '']);
  assert.equal((await ask('/logs/a%20%3Cb%3E&c')).body, 'odd\n');

  const part = await ask('/logs/plain.log', { range: 'bytes=2-4' });
  assert.deepEqual([part.status, part.body, part.headers['content-range']], [206, '234', 'bytes 2-4/11']);
  assert.equal((await ask('/logs/plain.log', { range: 'bytes=99-' })).status, 416);
  const since = { 'if-modified-since': 'Tue, 14 Nov 2023 22:13:20 GMT' };
  assert.equal((await ask('/logs/plain.log', since)).status, 304);

  const page = await ask('/logs/');
  assert.equal(page.headers['content-type'], 'text/html; charset=utf-8');
  assert.match(
    page.body,
    /^<!doctype html>\n.*\n<pre>\n<a href="a%20%3Cb%3E&amp;c">a &lt;b&gt;&amp;c<\/a>\n/,
  );
  assert.match(page.body, /<a href="sub\/">sub\/<\/a>\n/);
  assert.match((await ask('/logs/sub/')).body, /<a href="inside">inside<\/a>/);
  assert.deepEqual(
    [(await ask('/logs/sub')).status, (await ask('/logs/sub')).headers.location],
    [301, 'sub/'],
  );
  assert.equal((await ask('/logs/plain.log/')).headers.location, '../plain.log');
  assert.equal((await ask('/logs')).headers.location, '/logs/');
});

test('links within the folder, by whichever name', async () => {
  assert.equal((await ask('/logs/sub/inside')).body, '0123456789\n');
  assert.equal((await ask('/logs/sub/absolute')).body, 'of a pod\n');
});

for (const path of [
  'nope',
  'outside',
  'relative',
  'root/etc/passwd',
  'root/',
  'magic/etc/passwd',
  'loop',
  'fifo',
  'device',
  'socket',
  '..%2fsecret',
  '%2e%2e/secret',
  'sub%2f..%2f..%2fsecret',
  '..%2f..%2f..%2f..%2fetc%2fpasswd',
  '%2fetc%2fpasswd',
  'plain.log%00',
]) {
  test(`/logs/${path} is not served`, async () => {
    const { status, body } = await ask(`/logs/${path}`);
    assert.deepEqual([status, body], [404, '404 page not found\n']);
  });
}

test('queries', async () => {
  const journal = await ask('/logs/?query=unit&tailLines=3');
  assert.equal(journal.headers['content-type'], 'text/plain;charset=UTF-8');
  assert.match(journal.body, /^args: --utc .* --lines=3 --unit=unit$/m);
  assert.match(journal.body, /^problem$/m);
  assert.equal((await ask('/logs/?query=svc')).body, 'of svc\n');
  assert.equal((await ask('/logs/?query=none')).body, '\nlog not found for none\n');
  assert.match(
    (await ask('/logs/?query=svc&tailLines=1')).body,
    /^\noptions present and query resolved to log/,
  );
  assert.equal((await ask('/logs/?query=/plain.log')).body, '0123456789\n');
  for (const [path, status] of [
    ['/logs/?query=', 400],
    ['/logs/plain.log?query=unit', 406],
    ['/logs/?query=/nope', 406],
    ['/logs/?query=/../secret', 406],
    ['/logs/?query=/outside', 406],
    ['/logs/?query=a%3bb', 406],
  ] as const) {
    assert.equal((await ask(path)).status, status, path);
  }
});
