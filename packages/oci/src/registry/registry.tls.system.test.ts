import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { TokenCache } from './auth/token-cache.ts';
import { RepositoryClient } from './client.ts';
import type { RegistryHost } from './hosts/host.ts';
import { registryHosts } from './hosts/registry-hosts.ts';
import { HttpClient } from './http/http.ts';

const dir = mkdtempSync(join(tmpdir(), 'oci-tls-'));
let server: https.Server;
let address = '';

before(async () => {
  const openssl = (...args: string[]) =>
    execFileSync('openssl', args, { cwd: dir, stdio: ['ignore', 'ignore', 'pipe'] });
  const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
  openssl(
    'req',
    '-x509',
    ...newKey,
    '-keyout',
    'ca.key',
    '-out',
    'ca.crt',
    '-days',
    '2',
    '-subj',
    '/CN=test CA',
  );
  writeFileSync(join(dir, 'extensions'), 'subjectAltName=DNS:localhost\n');
  for (const name of ['server', 'client']) {
    openssl('req', ...newKey, '-keyout', `${name}.key`, '-out', `${name}.csr`, '-subj', `/CN=${name}`);
    openssl(
      'x509',
      '-req',
      '-in',
      `${name}.csr`,
      '-CA',
      'ca.crt',
      '-CAkey',
      'ca.key',
      '-CAcreateserial',
      '-days',
      '2',
      '-extfile',
      'extensions',
      '-out',
      `${name}.crt`,
    );
  }
  const [ca, cert, key] = ['ca.crt', 'server.crt', 'server.key'].map((name) => readFileSync(join(dir, name)));
  server = https.createServer({ ca, cert, key, requestCert: true, rejectUnauthorized: false });
  server.on('secureConnection', (socket) => {
    const subject = socket.authorized ? socket.getPeerCertificate().subject.CN : 'nobody';
    socket.once('data', () => socket.end(`HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n${subject}`));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const bound = server.address();
  assert(bound !== null && typeof bound === 'object');
  address = `localhost:${bound.port}`;
});

after(() => {
  server.close();
  rmSync(dir, { recursive: true });
});

/** Whom the server takes the caller for, when it is reached through a certs.d directory with these files. */
async function whoAmI(files: (hostDir: string) => void): Promise<string> {
  const certs = mkdtempSync(join(dir, 'certs-'));
  const hostDir = join(certs, address.replace(/:(\d+)$/, '_$1_'));
  mkdirSync(hostDir);
  files(hostDir);
  const [host] = await registryHosts(address, certs, () => {});
  assert(host);
  return ask(host);
}

async function ask(host: RegistryHost): Promise<string> {
  const client = new HttpClient();
  try {
    const response = await new RepositoryClient({
      host,
      repository: 'a/b',
      auth: undefined,
      http: client,
      tokens: new TokenCache(),
    }).get('manifests/1', {}, undefined);
    return String(Buffer.concat(await response.toArray()));
  } finally {
    await client.close();
  }
}

const hosts = (hostDir: string, text: string) =>
  writeFileSync(join(hostDir, 'hosts.toml'), `server = "https://${address}"\n${text}`);

test('TLS is verified with what certs.d says', async () => {
  await assert.rejects(
    whoAmI((hostDir) => hosts(hostDir, '')),
    /localhost:\d+: .*certificate/,
  );
  assert.equal(await whoAmI((hostDir) => hosts(hostDir, `ca = "${dir}/ca.crt"`)), 'nobody');
  assert.equal(await whoAmI((hostDir) => hosts(hostDir, 'skip_verify = true')), 'nobody');
  const client = `ca = ["${dir}/ca.crt"]\nclient = [["../../client.crt", "${dir}/client.key"]]`;
  assert.equal(await whoAmI((hostDir) => hosts(hostDir, client)), 'client');
});

test('certificates in the Docker form are found without a hosts.toml', async () => {
  const certs = mkdtempSync(join(dir, 'certs-'));
  mkdirSync(join(certs, 'registry.example'));
  for (const [from, to] of [
    ['ca.crt', 'ca.crt'],
    ['client.crt', 'me.cert'],
    ['client.key', 'me.key'],
  ]) {
    copyFileSync(join(dir, String(from)), join(certs, 'registry.example', String(to)));
  }
  const [host] = await registryHosts('registry.example', certs, () => {});
  assert(host);
  assert.equal(host.url.href, 'https://registry.example/v2');
  assert.equal(await ask({ ...host, url: new URL(`https://${address}/v2`) }), 'client');
});

test('a registry on this machine is spoken to with TLS where TLS is set up for it, and else without', async () => {
  const files = (hostDir: string) => {
    copyFileSync(join(dir, 'ca.crt'), join(hostDir, 'ca.crt'));
    copyFileSync(join(dir, 'client.crt'), join(hostDir, 'me.cert'));
    copyFileSync(join(dir, 'client.key'), join(hostDir, 'me.key'));
  };
  assert.equal(await whoAmI(files), 'client');
  assert.equal(
    await whoAmI((hostDir) => writeFileSync(join(hostDir, 'hosts.toml'), 'skip_verify = true')),
    'nobody',
  );
  const plain = http.createServer((_request, response) => response.end('plain'));
  plain.listen(0, '127.0.0.1');
  await once(plain, 'listening');
  const secure = address;
  try {
    const bound = plain.address();
    assert(bound !== null && typeof bound === 'object');
    address = `localhost:${bound.port}`;
    assert.equal(await whoAmI(files), 'plain');
    assert.equal(
      await whoAmI((hostDir) => writeFileSync(join(hostDir, 'hosts.toml'), 'skip_verify = true')),
      'plain',
    );
  } finally {
    address = secure;
    plain.closeAllConnections();
    plain.close();
  }
});

test('a plain connection to a TLS port, and the other way round, say so', async () => {
  await assert.rejects(
    whoAmI((hostDir) => writeFileSync(join(hostDir, 'hosts.toml'), `server = "http://${address}"`)),
    /localhost:\d+: /,
  );
});
