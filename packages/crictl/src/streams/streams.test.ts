import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { scanKeys } from './detach-keys.ts';
import { dialing, tlsFiles } from './flags.ts';
import { parsePortPair } from './ports.ts';
import { streamingUrl } from './url.ts';

test('what a runtime answers is made a whole URL', () => {
  for (const [answered, url] of [
    ['http://127.0.0.1:1234/exec/abc', 'http://127.0.0.1:1234/exec/abc'],
    ['https://[::1]:9/attach/x?y=z', 'https://[::1]:9/attach/x?y=z'],
    ['/exec/abc', 'http://127.0.0.1:10250/exec/abc'],
    ['//10.0.0.1:5/exec/abc', 'http://10.0.0.1:5/exec/abc'],
  ] as const) {
    assert.equal(streamingUrl(answered), url);
  }
  assert.throws(() => streamingUrl(''), /^Error: URL is not set$/);
  assert.throws(() => streamingUrl('http://'), /returned an invalid streaming URL: http:\/\/$/);
});

test('port pairs', () => {
  for (const [word, local, remote] of [
    ['80', 80, 80],
    ['8080:80', 8080, 80],
    [':80', 0, 80],
    ['0:65535', 0, 65535],
  ] as const) {
    assert.deepEqual(parsePortPair(word), { local, remote });
  }
  for (const [word, message] of [
    ['', /local port '': strconv.ParseUint: parsing "": invalid syntax/],
    [':', /remote port '': .* invalid syntax/],
    ['a:80', /local port 'a'/],
    ['80:-1', /remote port '-1': .* invalid syntax/],
    ['65536', /local port '65536': .* value out of range/],
    ['0', /remote port must be > 0/],
    ['1:2:3', /invalid port format '1:2:3'/],
  ] as const) {
    assert.throws(() => parsePortPair(word), message);
  }
});

test('keys that detach, typed at once or one by one, and what only looks like them', () => {
  const typed = (...chunks: string[]) => {
    let state = 0;
    let passed = '';
    for (const chunk of chunks) {
      const scan = scanKeys(Buffer.from(chunk), state);
      state = scan.typed;
      passed += scan.pass;
      if (scan.detached) return `${passed}|`;
    }
    return passed;
  };
  const p = '\x10';
  const q = '\x11';
  assert.equal(typed('ls\r'), 'ls\r');
  assert.equal(typed(`ls${p}${q}more`), 'ls|');
  assert.equal(typed('a', p, q, 'b'), 'a|');
  assert.equal(typed(`a${p}`, 'b'), `a${p}b`);
  assert.equal(typed(p, p, q), `${p}|`);
  assert.equal(typed(q, p), q);
  assert.equal(typed(p, `x${p}`, q), `${p}x|`);
});

test('TLS: nothing is verified without files, which are read when there are any', async () => {
  const flags = { transport: 'spdy', 'tls-sni': 'localhost', 'tls-ca': '', 'tls-cert': '', 'tls-key': '' };
  assert.equal(tlsFiles(flags), 'insecure');
  assert.deepEqual(await dialing('spdy', 'insecure'), { transport: 'spdy', tls: { insecure: true } });
  for (const lone of ['tls-ca', 'tls-cert', 'tls-key'])
    assert.throws(() => tlsFiles({ ...flags, [lone]: 'x' }), /needs both of --tls-cert and --tls-key/);
  await assert.rejects(dialing('pigeon', 'insecure'), /^Error: unknown transport: pigeon$/);
  const dir = mkdtempSync(join(tmpdir(), 'crictl-tls-'));
  try {
    for (const name of ['ca', 'cert', 'key']) writeFileSync(join(dir, name), name);
    const pair = { ...flags, 'tls-cert': join(dir, 'cert'), 'tls-key': join(dir, 'key') };
    const tls = { cert: 'cert', key: 'key', serverName: 'localhost' };
    assert.deepEqual((await dialing('websocket', tlsFiles(pair))).tls, tls);
    const whole = tlsFiles({ ...pair, 'tls-ca': join(dir, 'ca') });
    assert.deepEqual((await dialing('websocket', whole)).tls, { ...tls, ca: 'ca' });
    const absent = tlsFiles({ ...pair, 'tls-ca': '/nope' });
    await assert.rejects(dialing('spdy', absent), /^Error: open \/nope: no such file or directory$/);
  } finally {
    rmSync(dir, { recursive: true });
  }
});
