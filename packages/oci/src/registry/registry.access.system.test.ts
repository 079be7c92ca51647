// Which servers a pull goes to, and what it shows them: mirrors of hosts.toml, credentials, tokens.
import assert from 'node:assert/strict';
import type { ServerResponse } from 'node:http';
import { after, before, test } from 'node:test';
import { testUser } from '@berth/test-support/image-registry.ts';
import { freePort } from '@berth/test-support/registry.ts';
import { TestPulls } from '@berth/test-support/test-pulls.ts';
import { TokenCache } from './auth/token-cache.ts';

let pulls: TestPulls;
before(async () => {
  pulls = await TestPulls.start();
});
after(() => pulls[Symbol.asyncDispose]());

test('credentials in each of their forms open a locked registry', async () => {
  const name = `${pulls.locked.address}/team/test:1`;
  const auth = Buffer.from(`${testUser.username}:${testUser.password}`).toString('base64');
  for (const config of [
    testUser,
    { auth },
    { ...testUser, serverAddress: `https://${pulls.locked.address}` },
  ]) {
    await pulls.pull(name, { auth: config });
  }
  await assert.rejects(
    pulls.pull(name, { auth: { ...testUser, serverAddress: 'other.example' } }),
    /no credentials/,
  );
});

test('mirrors are tried in order, and the registry itself at last', async () => {
  const closed = await freePort();
  await using mirror = await pulls.proxy(() => false);
  const hosts = `
[host."http://127.0.0.1:${closed}"]
[host."http://${mirror.address}"]
capabilities = ["pull", "resolve"]
header = { x-test = "1" }`;
  await pulls.pull('registry.example/team/test:1', {
    hostsDir: await pulls.hostsFile('registry.example', hosts),
  });
  assert(
    mirror.paths.every((path) => path.endsWith('?ns=registry.example')),
    String(mirror.paths),
  );
  await pulls.pull('any.example/team/test:1', { hostsDir: await pulls.hostsFile('_default', hosts) });
  mirror.paths.length = 0;
  const server = `server = "http://${pulls.registry.address}"\n[host."http://${mirror.address}"]\ncapabilities = ["pull"]`;
  await pulls.pull('registry.example/team/test:1', {
    hostsDir: await pulls.hostsFile('registry.example', server),
  });
  assert(
    mirror.paths.length > 0 && mirror.paths.every((path) => path.includes('/blobs/')),
    String(mirror.paths),
  );
  const missing = pulls.pull('registry.example/team/none:1', {
    hostsDir: await pulls.hostsFile('registry.example', `server = "http://127.0.0.1:${closed}"${hosts}`),
  });
  await assert.rejects(
    missing,
    /connection refused; .*team\/none\/manifests\/1: not found.*; .*connection refused/,
  );
});

test('a redirect keeps working but takes no credentials along', async () => {
  let leaked: string | undefined;
  await using elsewhere = await pulls.proxy((request) => {
    leaked = request.headers.authorization;
    return false;
  });
  await using front = await pulls.proxy((request, response) => {
    if (!request.headers.authorization) {
      response.writeHead(401, { 'www-authenticate': 'Basic realm="x"' }).end();
      return true;
    }
    if (!request.url?.includes('/blobs/')) return false;
    response.writeHead(307, { location: `http://${elsewhere.address}${request.url}` }).end();
    return true;
  });
  await pulls.pull(`${front.address}/team/test:1`, { auth: testUser });
  assert(elsewhere.paths.length > 0);
  assert.equal(leaked, undefined);
});

test('a token is fetched, kept, and fetched anew when it has run out', async () => {
  let tokens = 0;
  const asked: URL[] = [];
  const shown: (string | undefined)[] = [];
  await using server = await pulls.proxy((request, response) => {
    if (request.url?.startsWith('/token')) {
      asked.push(new URL(request.url, 'http://x'));
      shown.push(request.headers.authorization);
      response.end(JSON.stringify({ access_token: `token-${++tokens}` }));
      return true;
    }
    const isExpired = request.url?.includes('/blobs/') && tokens < 2;
    if (request.headers.authorization === `Bearer token-${tokens}` && !isExpired) {
      delete request.headers.authorization;
      return false;
    }
    const challenge = `Bearer realm="http://${request.headers.host}/token",service="test",scope="repository:team/test:pull"`;
    response.writeHead(401, { 'www-authenticate': challenge }).end();
    return true;
  });
  await pulls.pull(`${server.address}/team/test:1`, { auth: testUser });
  assert.equal(tokens, 2);
  assert.equal(asked[0]?.search, '?service=test&scope=repository%3Ateam%2Ftest%3Apull');
  assert.match(shown[0] ?? '', /^Basic /);
});

test('a token is taken however long its server says that it holds, and with any status of success', async () => {
  for (const [status, answer] of [
    [201, { token: 't' }],
    [200, { token: 't', expires_in: -1 }],
    [200, { token: '', access_token: 't', expires_in: '300' }],
    [200, { token: 't', expires_in: null, issued_at: 'yesterday' }],
  ] satisfies [number, object][]) {
    await using server = await pulls.proxy((request, response) => {
      if (request.url?.startsWith('/token')) {
        response.writeHead(status).end(JSON.stringify(answer));
        return true;
      }
      if (request.headers.authorization === 'Bearer t') {
        delete request.headers.authorization;
        return false;
      }
      const challenge = `BEARER  realm="http://${request.headers.host}/token" , unknown="x"`;
      response.writeHead(401, { 'www-authenticate': challenge }).end();
      return true;
    });
    await pulls.pull(`${server.address}/team/test:1`);
  }
});

test('odd answers of token servers, many redirects and long headers are taken as containerd takes them', async () => {
  await using server = await pulls.proxy((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://x');
    if (pathname === '/token') {
      response.writeHead(201).end(JSON.stringify({ token: 'secret', expires_in: -1 }));
      return true;
    }
    if (request.headers.authorization !== 'Bearer secret') {
      const challenge = `Bearer realm="http://${request.headers.host}/token",service="s"`;
      response.writeHead(401, { 'www-authenticate': challenge }).end();
      return true;
    }
    const hop = Number(searchParams.get('hop'));
    if (pathname.includes('/blobs/') && hop < 9) {
      const headers = { location: `${pathname}?hop=${hop + 1}`, 'x-long': 'x'.repeat(100_000) };
      response.writeHead(307, headers).end();
      return true;
    }
    delete request.headers.authorization;
    return false;
  });
  const { manifest } = await pulls.pull(`${server.address}/team/test:1`);
  assert.equal(manifest.layers.length, 2);
});

test('an identity token is exchanged by POST, and the token serves the next pull', async () => {
  const bodies: string[] = [];
  await using server = await pulls.proxy((request, response) => {
    if (request.url === '/token') {
      assert.equal(request.method, 'POST');
      request.on('data', (chunk) => bodies.push(String(chunk)));
      request.on('end', () => response.end(JSON.stringify({ access_token: 'fresh', expires_in: 600 })));
      return true;
    }
    if (request.headers.authorization === 'Bearer fresh') {
      delete request.headers.authorization;
      return false;
    }
    const challenge = `Bearer realm="http://${request.headers.host}/token",service="s"`;
    response.writeHead(401, { 'www-authenticate': challenge, connection: 'close' }).end();
    return true;
  });
  const tokens = new TokenCache();
  const auth = { identityToken: 'long-lived' };
  await pulls.pull(`${server.address}/team/test:1`, { auth, tokens });
  await pulls.pull(`${server.address}/team/test:1`, { auth, tokens });
  const scope = 'scope=repository%3Ateam%2Ftest%3Apull';
  const grant = 'grant_type=refresh_token&refresh_token=long-lived&client_id=berth';
  assert.deepEqual(bodies, [`service=s&${scope}&${grant}`]);
});

test('each server is looked up for credentials of its own, and has its own names', async () => {
  const asked: string[] = [];
  const hosts = `[host."http://${pulls.locked.address}".rewrite]\n"^lib/(.*)$" = "team/$1"`;
  await pulls.pull('registry.example/lib/test:1', {
    hostsDir: await pulls.hostsFile('registry.example', hosts),
    auth: async ({ registry, repository }) => {
      asked.push(`${registry}/${repository}`);
      return testUser;
    },
  });
  assert.deepEqual(asked, [`${pulls.locked.address}/team/test`]);
});

test('a wrong hosts.toml is passed over, told, and named with line and field by a pull that fails', async () => {
  const cases: [text: string, message: RegExp][] = [
    ['server = ', /hosts\.toml: line 1: /],
    ['sever = "x"', /hosts\.toml: sever: unknown field, ignored/],
    ['[host."http://a"]\ncapabilities = ["fly"]', /host\."http:\/\/a"\.capabilities: unknown capability fly/],
    ['[host."http://a"]\nskip_verify = 1', /skip_verify: expected true or false/],
    ['ca = "/no/such/file"\nserver="https://127.0.0.1:1"', /cannot read certificate \/no\/such\/file/],
  ];
  for (const [text, message] of cases) {
    await assert.rejects(
      pulls.pull('a.example/b', { hostsDir: await pulls.hostsFile('a.example', text) }),
      message,
    );
  }
  const { address } = pulls.registry;
  const registry = address.replace(/:(\d+)$/, '_$1_');
  for (const text of [
    'server = ',
    'sever = "x"',
    '[host."http://127.0.0.1:1"]\ncapabilities = ["fly"]',
    '',
  ]) {
    const warnings: string[] = [];
    const hostsDir = await pulls.hostsFile(registry, text);
    await pulls.pull(`${address}/team/test:1`, { hostsDir, warn: (problem) => warnings.push(problem) });
    assert.equal(warnings.length, text === '' ? 0 : 1, text);
  }
});

test('headers, and what else is said of no host in particular, are for the registry itself', async () => {
  const { address } = pulls.registry;
  const seen: (string | string[] | undefined)[] = [];
  await using front = await pulls.proxy((request) => {
    seen.push(request.headers['x-own']);
    return false;
  });
  const registry = front.address.replace(/:(\d+)$/, '_$1_');
  const hostsDir = await pulls.hostsFile(
    registry,
    `header = { x-own = "me" }\ndial_timeout = "5s"\n[host."http://${address}"]\ncapabilities = ["push"]`,
  );
  await pulls.pull(`${front.address}/team/test:1`, { hostsDir });
  assert.deepEqual(new Set(seen), new Set(['me']));
});

/** A registry that wants a login and sends on to `location` for blobs; `shown` is what each request had for that. */
async function lockedFront(
  location: (url: string) => string | undefined,
): Promise<{ address: string; shown: (string | undefined)[] } & AsyncDisposable> {
  const shown: (string | undefined)[] = [];
  const front = await pulls.proxy((request, response) => {
    shown.push(request.headers.authorization);
    const to = request.url?.includes('/blobs/') ? location(request.url) : undefined;
    if (!request.headers.authorization && to === undefined) {
      response.writeHead(401, { 'www-authenticate': 'Basic realm="x"' }).end();
      return true;
    }
    if (to === undefined) return false;
    response.writeHead(307, { location: to }).end();
    return true;
  });
  return { address: front.address, shown, [Symbol.asyncDispose]: front[Symbol.asyncDispose] };
}

test('the host that a blob is redirected to cannot ask for the credentials (CVE-2020-15157)', async () => {
  const credentials = [testUser, { identityToken: 'long-lived' }, { registryToken: 'bearer' }];
  for (const scheme of ['Basic realm="x"', 'Bearer realm="http://ELSEWHERE/token",service="s"']) {
    const shown: string[] = [];
    await using elsewhere = await pulls.proxy((request, response) => {
      const challenge = scheme.replace('ELSEWHERE', request.headers.host ?? '');
      request.on('data', (chunk) => shown.push(String(chunk)));
      if (request.headers.authorization) shown.push(request.headers.authorization);
      response.writeHead(401, { 'www-authenticate': challenge }).end();
      return true;
    });
    for (const auth of credentials) {
      await using front = await lockedFront((url) => `http://${elsewhere.address}${url}?X-Sig=secret`);
      const failure = pulls.pull(`${front.address}/team/test:1`, { auth });
      await assert.rejects(failure, (error: Error) => {
        assert.match(error.message, /unauthorized/);
        assert.doesNotMatch(error.message, /secret/);
        return true;
      });
    }
    assert.ok(elsewhere.paths.length >= 1);
    assert.ok(
      elsewhere.paths.every((path) => path.includes('/blobs/')),
      String(elsewhere.paths),
    );
    assert.deepEqual(shown, []);
  }
});

test('credentials do not come back when a redirect leads away and to the registry again', async () => {
  let back = '';
  await using elsewhere = await pulls.proxy((_, response) => {
    response.writeHead(307, { location: back }).end();
    return true;
  });
  await using front = await lockedFront((url) =>
    url.includes('again') ? undefined : `http://${elsewhere.address}/`,
  );
  back = `http://user:secret@${front.address}/v2/team/test/blobs/again`;
  await assert.rejects(pulls.pull(`${front.address}/team/test:1`, { auth: testUser }), /unauthorized/);
  assert.equal(front.shown.at(-1), undefined);
});

test('headers of hosts.toml, which may be credentials, stay with their host', async () => {
  const seen: (string | string[] | undefined)[] = [];
  await using elsewhere = await pulls.proxy((request) => {
    seen.push(request.headers['x-secret'], request.headers.authorization);
    return false;
  });
  await using front = await pulls.proxy((request, response) => {
    assert.equal(request.headers['x-secret'], 's');
    if (!request.url?.includes('/blobs/')) return false;
    response.writeHead(307, { location: `http://${elsewhere.address}${request.url}` }).end();
    return true;
  });
  const hosts = `[host."http://${front.address}".header]\nx-secret = "s"\nauthorization = "Basic eA=="`;
  await pulls.pull('registry.example/team/test:1', {
    hostsDir: await pulls.hostsFile('registry.example', hosts),
  });
  assert.ok(seen.length > 0);
  assert.deepEqual(new Set(seen), new Set([undefined]));
});

test('a token server cannot send the credentials on to another', async () => {
  const seen: (string | undefined)[] = [];
  await using elsewhere = await pulls.proxy((request, response) => {
    seen.push(request.url);
    response.end('{"token":"t"}');
    return true;
  });
  for (const auth of [testUser, { identityToken: 'long-lived' }]) {
    await using front = await pulls.proxy((request, response) => {
      const realm = `http://${request.headers.host}/token`;
      if (request.url?.startsWith('/token')) {
        response.writeHead(307, { location: `http://${elsewhere.address}/token` }).end();
      } else {
        response.writeHead(401, { 'www-authenticate': `Bearer realm="${realm}"` }).end();
      }
      return true;
    });
    await assert.rejects(pulls.pull(`${front.address}/team/test:1`, { auth }), /no token: 307/);
  }
  assert.deepEqual(seen, []);
});

test('what a registry says is not shown with its control characters, signatures or at length', async () => {
  const cases: [answer: (response: ServerResponse) => void, shown: RegExp][] = [
    [
      (response) => response.writeHead(307, { location: 'ftp://u:secret@h/p?sig=secret' }).end(),
      /refusing its redirect to ftp:\/\/h\/p$/,
    ],
    [
      (response) => response.writeHead(307, { location: 'http://169.254.169.254/?sig=secret' }).end(),
      /refusing to go on to 169\.254\.169\.254/,
    ],
    [
      (response) =>
        response.writeHead(401, { 'www-authenticate': 'Bearer realm="ftp://u:secret@h/?secret"' }).end(),
      /refusing its token server ftp:\/\/h\/,/,
    ],
    [
      (response) => response.writeHead(418, 'I\x9bm').end('{"errors":[{"message":"\u202e\x9b[2J\nx"}]}'),
      /unexpected status 418 I\\u009bm \(\\u202e\\u009b\[2J\\nx\)$/,
    ],
    [
      (response) => response.end(JSON.stringify({ mediaType: `\x1b${'x'.repeat(4_000_000)}` })),
      /more characters/,
    ],
  ];
  for (const [answer, shown] of cases) {
    await using server = await pulls.proxy((_, response) => {
      answer(response);
      return true;
    });
    await assert.rejects(pulls.pull(`${server.address}/team/test:1`), (error: Error) => {
      assert.match(error.message, shown);
      assert.doesNotMatch(error.message, /secret|\p{Cc}|\p{Cf}/u);
      assert.ok(error.message.length < 5000);
      return true;
    });
  }
});
