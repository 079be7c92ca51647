import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { parseChallenges } from './challenge.ts';
import { type AuthConfig, type Credentials, credentialsFor, dockerCredentials } from './credentials.ts';
import { retryAfter } from './retry.ts';

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
    writeFileSync(path, JSON.stringify({ auths, credHelpers: { 'h.example': 'ecr-login' } }));
    assert.equal(await find('a.example', 'other/x'), 'host');
    assert.equal(await find('a.example', 'team/x'), 'team');
    assert.equal(await find('a.example', 'teams/x'), 'host');
    assert.equal(await find('docker.io', 'library/nginx'), 'hub');
    assert.equal(await find('a.example.com', 'x'), undefined);
    await assert.rejects(
      find('h.example', 'x'),
      /credential helper ecr-login for h\.example is not supported/,
    );
    writeFileSync(path, '{"auths": []}');
    await assert.rejects(find('a.example', 'x'), /config\.json\.auths: expected an object/);
  } finally {
    rmSync(dir, { recursive: true });
  }
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
