// Which servers a pull goes to, and what it shows them: mirrors of hosts.toml, credentials, tokens.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { freePort } from '../../../../test/support/registry.ts';
import { testUser } from '../testing/registry.ts';
import { TestPulls } from '../testing/test-pulls.ts';
import { TokenCache } from './token-cache.ts';

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

test('a wrong hosts.toml names file, line and field', async () => {
  const cases: [text: string, message: RegExp][] = [
    ['server = ', /hosts\.toml: line 1: a value is missing/],
    ['sever = "x"', /hosts\.toml: sever: unknown field/],
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
});
