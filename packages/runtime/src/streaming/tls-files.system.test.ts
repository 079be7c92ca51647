// berthd's streaming server over TLS, with a certificate and clients that have to show one.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { connect } from 'node:tls';
import { remoteCommand } from '@berth/streaming/client/remote-command.ts';
import { PodCalls, until } from '../testing/pod-calls.ts';
import { TestClient } from '../testing/test-client.ts';
import { TestNode } from '../testing/test-node.ts';

const dir = mkdtempSync(join(tmpdir(), 'runtime-tls-'));
const read = (name: string) => readFileSync(join(dir, name), 'utf8');
/** Below the ports that the kernel gives to those who ask for any. */
const port = 10_253;
let node: TestNode;
const openssl = (line: string) => execFileSync('openssl', line.split(' '), { cwd: dir, stdio: 'pipe' });
const newKey = '-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes';
/** Makes NAME.key and a NAME.crt that the authority has signed. */
function sign(name: string): void {
  openssl(`req ${newKey} -keyout ${name}.key -out ${name}.csr -subj /CN=${name}`);
  const signing = `-CA ca.crt -CAkey ca.key -CAcreateserial -days 2 -extfile names -out ${name}.crt`;
  openssl(`x509 -req -in ${name}.csr ${signing}`);
}

/** The subject of the certificate that the streaming server shows to who comes now. */
async function shownName(port: number): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const socket = connect({ host: '127.0.0.1', port, ca: read('ca.crt') }, () => {
    resolve(String(socket.getPeerCertificate().subject.CN));
    socket.destroy();
  });
  socket.once('error', reject);
  return promise;
}

before(async () => {
  writeFileSync(join(dir, 'names'), 'subjectAltName=IP:127.0.0.1\n');
  openssl(`req -x509 ${newKey} -keyout ca.key -out ca.crt -days 2 -subj /CN=CA`);
  for (const name of ['server', 'client', 'renewed', 'linked']) sign(name);
  const files = [`certFile: ${dir}/server.crt`, `keyFile: ${dir}/server.key`, `clientCaFile: ${dir}/ca.crt`];
  node = await TestNode.start('rt-stls', undefined, `streaming: { port: ${port}, ${files.join(', ')} }\n`);
});
after(async () => {
  await node[Symbol.asyncDispose]();
  rmSync(dir, { recursive: true, force: true });
});

test('a fixed port is listened on from the start, before anybody has asked for a URL', async () => {
  assert.equal(await shownName(port), 'server');
});

test('exec over TLS, for clients with a certificate only', async () => {
  const pods = new PodCalls(node);
  const sandbox = await pods.runPod('tls');
  const containerId = await pods.startContainer(sandbox, ['/bin/sleep', '600']);
  const run = async (client: { cert?: string; key?: string }) => {
    const flags = { tty: false, stdin: false, stdout: true, stderr: false };
    const { url } = await node.client.runtime.exec({ containerId, cmd: ['/bin/echo', 'safe'], ...flags });
    assert.match(url, /^https:\/\/127\.0\.0\.1:\d+\/exec\//);
    const screen = new TestClient();
    const { stdout = process.stdout } = screen.streams;
    await remoteCommand({ url, tty: false, stdout, tls: { ca: read('ca.crt'), ...client } });
    return screen.stdout;
  };
  assert.equal(await run({ cert: read('client.crt'), key: read('client.key') }), 'safe\n');
  await assert.rejects(run({}), /certificate required|ECONNRESET|socket hang up/i);
});

test('a renewed certificate is shown to who comes from then on, once its key is there as well', async () => {
  renameSync(join(dir, 'renewed.crt'), join(dir, 'server.crt'));
  await until(() => node.lines.some((line) => line.includes('new certificate cannot be used')));
  assert.equal(await shownName(port), 'server');
  renameSync(join(dir, 'renewed.key'), join(dir, 'server.key'));
  await until(async () => (await shownName(port)) === 'renewed');
  // As certbot and Kubernetes do: a link that comes to lead elsewhere.
  for (const kind of ['key', 'crt']) {
    symlinkSync(`linked.${kind}`, join(dir, 'new'));
    renameSync(join(dir, 'new'), join(dir, `server.${kind}`));
  }
  await until(async () => (await shownName(port)) === 'linked');
});

test('a fixed port that is taken is told of, and had when it is free', async () => {
  await node.close();
  const { createServer } = await import('node:net');
  const other = createServer().listen(port, '127.0.0.1');
  await new Promise((resolve) => other.once('listening', resolve));
  node.lines.length = 0;
  await node.open();
  assert.ok(
    node.lines.some((line) => /level=error .*Serving streams on 127\.0\.0\.1:10253 failed/.test(line)),
  );
  await new Promise((resolve) => other.close(resolve));
  const pods = new PodCalls(node);
  const sandbox = await pods.runPod('taken');
  const { url } = await node.client.runtime.portForward({ podSandboxId: sandbox, port: [] });
  assert.match(url, /^https:\/\/127\.0\.0\.1:10253\//);
  await pods.removePod(sandbox);
});
