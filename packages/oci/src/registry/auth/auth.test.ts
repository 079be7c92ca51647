import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { retryAfter } from '../http/retry.ts';
import { parseChallenges } from './challenge.ts';
import { type AuthConfig, type Credentials, credentialsFor } from './credentials.ts';
import { credentialsFromFiles, dockerCredentials } from './docker-config.ts';
import { TokenCache } from './token-cache.ts';

test('challenges are read', () => {
  const plain = (header: string) =>
    parseChallenges(header).map(({ scheme, parameters }) => [scheme, Object.fromEntries(parameters)]);
  const cases: [header: string, challenges: unknown[]][] = [
    ['', []],
    ['Basic realm="x"', [['basic', { realm: 'x' }]]],
    [
      'Bearer realm="https://a/token",service="s",scope="repository:a/b:pull,push"',
      [['bearer', { realm: 'https://a/token', service: 's', scope: 'repository:a/b:pull,push' }]],
    ],
    ['bearer Realm = "a\\"b" , error=invalid_token', [['bearer', { realm: 'a"b', error: 'invalid_token' }]]],
    [
      'Negotiate, Basic realm=x',
      [
        ['negotiate', {}],
        ['basic', { realm: 'x' }],
      ],
    ],
  ];
  for (const [header, challenges] of cases) assert.deepEqual(plain(header), challenges, header);
});

test('credentials are shown to their server only', () => {
  const basic: Credentials = { kind: 'basic', username: 'u', password: 'p:q' };
  const anonymous: Credentials = { kind: 'anonymous' };
  const auth = Buffer.from('u:p:q').toString('base64');
  const cases: [config: AuthConfig | undefined, host: string, expected: Credentials][] = [
    [undefined, 'a.example', anonymous],
    [{}, 'a.example', anonymous],
    [{ username: '', password: '', auth: '' }, 'a.example', anonymous],
    [{ username: 'u', password: 'p:q' }, 'a.example', basic],
    [{ auth }, 'a.example', basic],
    [{ auth, serverAddress: 'https://a.example/v1/' }, 'a.example', basic],
    [{ auth, serverAddress: 'a.example' }, 'a.example:5000', anonymous],
    [{ auth, serverAddress: 'https://index.docker.io/v1/' }, 'registry-1.docker.io', basic],
    [{ auth, serverAddress: 'https://index.docker.io/v1/' }, 'mirror.example', anonymous],
    [{ identityToken: 'i', username: 'u' }, 'a.example', { kind: 'refresh-token', token: 'i' }],
    [{ registryToken: 'r', identityToken: 'i' }, 'a.example', { kind: 'bearer', token: 'r' }],
  ];
  for (const [config, host, expected] of cases) assert.deepEqual(credentialsFor(host, config), expected);
  assert.throws(() => credentialsFor('a', { auth: 'bm8=' }), /auth: expected base64 of username:password/);
});

test('a Docker config.json is searched for the closest address', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'oci-auth-'));
  const path = join(dir, 'config.json');
  const find = async (registry: string, repository: string) =>
    (await dockerCredentials(path, { registry, repository }))?.auth;
  try {
    assert.equal(await find('a.example', 'x'), undefined);
    const auths = {
      'a.example': { auth: 'host' },
      'a.example/team': { auth: 'team' },
      'https://index.docker.io/v1/': { auth: 'hub' },
    };
    writeFileSync(path, JSON.stringify({ auths }));
    assert.equal(await find('a.example', 'other/x'), 'host');
    assert.equal(await find('a.example', 'team/x'), 'team');
    assert.equal(await find('a.example', 'teams/x'), 'host');
    assert.equal(await find('docker.io', 'library/nginx'), 'hub');
    assert.equal(await find('a.example.com', 'x'), undefined);
    writeFileSync(path, '{"auths": []}');
    await assert.rejects(find('a.example', 'x'), /config\.json\.auths: expected an object/);
  } finally {
    rmSync(dir, { recursive: true });
  }
});

test('credential helpers are asked for their registries, and the store for all that auths lacks', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'oci-helper-'));
  const path = join(dir, 'config.json');
  const { PATH } = process.env;
  const helper = (name: string, script: string) =>
    writeFileSync(join(dir, `docker-credential-${name}`), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  const find = (registry: string) =>
    credentialsFromFiles([join(dir, 'none.json'), path], { registry, repository: 'x' });
  try {
    process.env['PATH'] = `${dir}:${PATH}`;
    helper('echo', 'read server; echo "{\\"Username\\":\\"$1\\",\\"Secret\\":\\"$server\\"}"');
    helper('token', `echo '{"Username":"<token>","Secret":"t"}'`);
    helper('none', 'echo credentials not found in native keychain; exit 1');
    helper('broken', 'echo secret; echo locked >&2; exit 1');
    const credHelpers = { 't.example': 'token', 'n.example': 'none', 'b.example': 'broken', e: '../evil' };
    const auths = { 'a.example': { auth: 'own' }, 's.example': {} };
    writeFileSync(path, JSON.stringify({ auths, credHelpers, credsStore: 'echo' }));
    assert.equal((await find('a.example'))?.auth, 'own');
    assert.deepEqual(await find('s.example'), { username: 'get', password: 's.example' });
    assert.deepEqual(await find('docker.io'), { username: 'get', password: 'https://index.docker.io/v1/' });
    assert.deepEqual(await find('t.example'), { identityToken: 't' });
    assert.equal(await find('n.example'), undefined);
    await assert.rejects(
      find('b.example'),
      /^CredentialHelperError: docker-credential-broken get .*: locked$/,
    );
    await assert.rejects(find('e'), /"..\/evil": not a name of a helper/);
  } finally {
    process.env['PATH'] = PATH;
    rmSync(dir, { recursive: true });
  }
});

test('tokens are kept until shortly before they end', () => {
  const cache = new TokenCache();
  const key = TokenCache.key(['a', 'b']);
  assert.notEqual(key, TokenCache.key(['a,b']));
  cache.set(key, 't', 300, 1000);
  assert.equal(cache.get(key, 1000), 't');
  assert.equal(cache.get(key, 295_999), 't');
  assert.equal(cache.get(key, 296_000), undefined);
  cache.set(key, 'short', undefined, 0);
  assert.equal(cache.get(key, 54_000), 'short');
  assert.equal(cache.get(key, 56_000), undefined);
  for (let count = 0; count < 300; count++) cache.set(String(count), 't', 300, 0);
  assert.equal(cache.get('43', 0), undefined);
  assert.equal(cache.get('299', 0), 't');
});

test('Retry-After is seconds or a date', () => {
  const now = Date.parse('2026-01-01T00:00:00Z');
  const cases: [header: string | undefined, expected: number | undefined][] = [
    [undefined, undefined],
    ['3', 3000],
    ['Thu, 01 Jan 2026 00:00:10 GMT', 10_000],
    ['Thu, 01 Jan 2020 00:00:10 GMT', 0],
    ['soon', undefined],
  ];
  for (const [header, expected] of cases) assert.equal(retryAfter(header, now), expected);
});
