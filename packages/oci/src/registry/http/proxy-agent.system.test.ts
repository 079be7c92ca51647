// Pulls through real proxies, as HTTP_PROXY, HTTPS_PROXY and NO_PROXY say: only the proxies know where the hosts are.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import http from 'node:http';
import https from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { after, afterEach, before, test } from 'node:test';
import { testUser } from '@berth/test-support/image-registry.ts';
import { TestPulls } from '@berth/test-support/test-pulls.ts';
import { makeCertificate } from '../../testing/test-certificates.ts';
import { httpProxy, socksProxy } from '../../testing/test-proxies.ts';

let pulls: TestPulls;
/** In front of the registry: with TLS, and with a token server and redirects to other hosts. */
let front: https.Server;
const authorizations: string[] = [];

before(async () => {
  pulls = await TestPulls.start();
  const certificate = makeCertificate(pulls.dir, ['secure.test', 'token.test', 'blobs.test']);
  front = https.createServer(certificate, (request, response) => {
    const { host, authorization = 'none' } = request.headers;
    authorizations.push(`${host} ${authorization.split(' ')[0]}`);
    if (host === 'token.test') return response.end(JSON.stringify({ token: 't' }));
    if (host === 'secure.test' && authorization !== 'Bearer t') {
      const challenge = 'Bearer realm="https://token.test/token",service="s"';
      return response.writeHead(401, { 'www-authenticate': challenge }).end();
    }
    if (host === 'secure.test' && request.url?.includes('/blobs/')) {
      return response.writeHead(307, { location: `https://blobs.test${request.url}` }).end();
    }
    const [name, port] = pulls.registry.address.split(':');
    const headers = { ...request.headers, host: pulls.registry.address, authorization: '' };
    const onward = http.request(
      { host: name, port, path: request.url, method: request.method, headers },
      (from) => {
        response.writeHead(from.statusCode ?? 500, from.headers);
        from.pipe(response);
      },
    );
    request.pipe(onward);
  });
  front.listen(0, '127.0.0.1');
  await once(front, 'listening');
});

after(async () => {
  front.closeAllConnections();
  front.close();
  await pulls[Symbol.asyncDispose]();
});

const variables = ['HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY'].flatMap((name) => [name, name.toLowerCase()]);
const setProxies = (environment: Record<string, string>) => {
  for (const name of variables) delete process.env[name];
  Object.assign(process.env, environment);
};
afterEach(() => setProxies({}));

const frontAddress = () => `127.0.0.1:${(front.address() as AddressInfo).port}`;
const names = () => ({
  'registry.test': pulls.registry.address,
  'secure.test': frontAddress(),
  'token.test': frontAddress(),
  'blobs.test': frontAddress(),
});
const plainHosts = () => pulls.hostsFile('registry.test', 'server = "http://registry.test"\n');
const secureHosts = () =>
  pulls.hostsFile('secure.test', `server = "https://secure.test"\nca = "${join(pulls.dir, 'ca.crt')}"\n`);

test('a registry without TLS is asked through an HTTP proxy, which gets its own credentials', async () => {
  await using proxy = await httpProxy(names(), 'me:s@cret');
  setProxies({ HTTP_PROXY: `http://me:s%40cret@${proxy.address}` });
  await pulls.pull('registry.test/team/test:1', { hostsDir: await plainHosts() });
  assert(proxy.asked.includes('GET http://registry.test/v2/team/test/manifests/1'), proxy.asked.join('\n'));
  assert.equal(proxy.asked.filter((line) => line.includes('/blobs/')).length, 3);
  assert.deepEqual(new Set(proxy.users), new Set(['me:s@cret']));
  setProxies({ HTTP_PROXY: `http://me:wrong@${proxy.address}` });
  await assert.rejects(pulls.pull('registry.test/team/test:1', { hostsDir: await plainHosts() }), /407/);
});

test('a registry with TLS, its token server and its redirects go through CONNECT', async () => {
  for (const [user, address] of [
    [undefined, ''],
    ['me:secret', 'me:secret@'],
  ] satisfies [string | undefined, string][]) {
    await using proxy = await httpProxy(names(), user);
    setProxies({ https_proxy: `${address}${proxy.address}` });
    authorizations.length = 0;
    await pulls.pull('secure.test/team/test:1', { hostsDir: await secureHosts(), auth: testUser });
    assert.deepEqual(
      new Set(proxy.asked),
      new Set(['secure', 'token', 'blobs'].map((it) => `CONNECT ${it}.test:443`)),
    );
    assert.deepEqual(new Set(proxy.users), new Set([user]));
    // Credentials go to the server that they are for, and to no other.
    assert.deepEqual(
      new Set(authorizations),
      new Set(['secure.test none', 'token.test Basic', 'secure.test Bearer', 'blobs.test none']),
    );
  }
});

test('a proxy that refuses, and one that is not there, are told with their address', async () => {
  await using proxy = await httpProxy({}, 'me:secret');
  const pull = async (HTTPS_PROXY: string) => {
    setProxies({ HTTPS_PROXY });
    return pulls.pull('secure.test/team/test:1', { hostsDir: await secureHosts() });
  };
  await assert.rejects(pull(`http://${proxy.address}`), (error: Error) =>
    error.message.includes(`proxy ${proxy.address} does not connect to secure.test:443: HTTP/1.1 407`),
  );
  await assert.rejects(
    pull(`http://me:secret@${proxy.address}`),
    /does not connect to secure\.test:443: HTTP\/1\.1 502/,
  );
  await assert.rejects(pull('http://127.0.0.1:1'), /proxy 127\.0\.0\.1:1: connect ECONNREFUSED/);
  assert(!proxy.asked.some((line) => line.includes('secret')));
});

test('SOCKS proxies connect to registries with and without TLS', async () => {
  for (const [scheme, user] of [
    ['socks5', undefined],
    ['socks5h', 'me:secret'],
  ] satisfies [string, string | undefined][]) {
    await using proxy = await socksProxy(names(), user);
    const address = `${scheme}://${user === undefined ? '' : `${user}@`}${proxy.address}`;
    setProxies({ HTTP_PROXY: address, HTTPS_PROXY: address });
    await pulls.pull('registry.test/team/test:1', { hostsDir: await plainHosts() });
    await pulls.pull('secure.test/team/test:1', { hostsDir: await secureHosts() });
    for (const place of ['registry.test:80', 'secure.test:443', 'token.test:443', 'blobs.test:443'])
      assert(proxy.asked.includes(`CONNECT ${place}`), `${place} in ${proxy.asked.join()}`);
  }
  const ipv6 = '253.0.0.0.0.0.0.0.0.0.0.0.0.0.0.1';
  await using byAddress = await socksProxy({ [ipv6]: pulls.registry.address });
  setProxies({ HTTP_PROXY: `socks5://${byAddress.address}` });
  const literal = await pulls.hostsFile('registry.test', 'server = "http://[fd00::1]"\n');
  await pulls.pull('registry.test/team/test:1', { hostsDir: literal });
  assert.equal(byAddress.asked[0], `CONNECT ${ipv6}:80`);
  await using proxy = await socksProxy({}, 'me:secret');
  setProxies({ HTTP_PROXY: `socks5://me:wrong@${proxy.address}` });
  const hostsDir = await plainHosts();
  await assert.rejects(pulls.pull('registry.test/team/test:1', { hostsDir }), /user or password is wrong/);
  setProxies({ HTTP_PROXY: `socks5://me:secret@${proxy.address}` });
  await assert.rejects(
    pulls.pull('registry.test/team/test:1', { hostsDir }),
    /registry\.test:80: host is unreachable/,
  );
});

test('this machine, and what NO_PROXY names, is reached without a proxy', async () => {
  await using proxy = await httpProxy(names());
  const http_proxy = `http://${proxy.address}`;
  setProxies({ http_proxy });
  await pulls.pull(`${pulls.registry.address}/team/test:1`);
  assert.deepEqual(proxy.asked, []);
  for (const no_proxy of ['registry.test', '.test', '*', 'registry.test:80']) {
    setProxies({ http_proxy, no_proxy });
    await assert.rejects(
      pulls.pull('registry.test/team/test:1', { hostsDir: await plainHosts() }),
      /registry\.test:80: (?:no such host|temporary failure in name resolution)/,
      no_proxy,
    );
  }
  assert.deepEqual(proxy.asked, []);
});

test('a registry behind a proxy cannot lead to addresses of this machine or its network', async () => {
  for (const target of ['169.254.169.254', '10.0.0.1', '127.0.0.1:1']) {
    await using redirecting = await pulls.proxy((request, response) => {
      if (!request.url?.includes('/blobs/')) return false;
      response.writeHead(307, { location: `http://${target}${request.url}` }).end();
      return true;
    });
    await using outer = await httpProxy({ 'registry.test': redirecting.address });
    setProxies({ HTTP_PROXY: `http://${outer.address}` });
    await assert.rejects(
      pulls.pull('registry.test/team/test:1', { hostsDir: await plainHosts() }),
      /refusing to go on to/,
      target,
    );
  }
});
