// berthd's streaming server over TLS, with a certificate and clients that have to show one.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { remoteCommand } from '@berth/streaming/client/remote-command.ts';
import { PodCalls } from '../testing/pod-calls.ts';
import { TestClient } from '../testing/test-client.ts';
import { TestNode } from '../testing/test-node.ts';

const dir = mkdtempSync(join(tmpdir(), 'runtime-tls-'));
const read = (name: string) => readFileSync(join(dir, name), 'utf8');
let node: TestNode;
before(async () => {
  const openssl = (line: string) => execFileSync('openssl', line.split(' '), { cwd: dir, stdio: 'pipe' });
  const newKey = '-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes';
  writeFileSync(join(dir, 'names'), 'subjectAltName=IP:127.0.0.1\n');
  openssl(`req -x509 ${newKey} -keyout ca.key -out ca.crt -days 2 -subj /CN=CA`);
  for (const name of ['server', 'client']) {
    openssl(`req ${newKey} -keyout ${name}.key -out ${name}.csr -subj /CN=${name}`);
    const sign = `-CA ca.crt -CAkey ca.key -CAcreateserial -days 2 -extfile names -out ${name}.crt`;
    openssl(`x509 -req -in ${name}.csr ${sign}`);
  }
  const files = [`certFile: ${dir}/server.crt`, `keyFile: ${dir}/server.key`, `clientCaFile: ${dir}/ca.crt`];
  node = await TestNode.start('rt-stls', 253, undefined, `streaming: { ${files.join(', ')} }\n`);
});
after(async () => {
  await node[Symbol.asyncDispose]();
  rmSync(dir, { recursive: true, force: true });
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
