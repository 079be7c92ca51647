// crictl's --tls-* flags with a berthd that streams over TLS to clients with a certificate only.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { StreamRuntime } from '../testing/stream-runtimes.ts';

const dir = mkdtempSync(join(tmpdir(), 'crictl-streams-tls-'));
const file = (name: string) => join(dir, name);
let runtime: StreamRuntime;
let id = '';

before(async () => {
  const openssl = (line: string) => execFileSync('openssl', line.split(' '), { cwd: dir, stdio: 'pipe' });
  const newKey = '-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes';
  // A name as crictl expects it by default, another, and an address that the URL does not have.
  writeFileSync(file('names'), 'subjectAltName=DNS:localhost,DNS:node.example,IP:192.0.2.1\n');
  for (const authority of ['ca', 'other'])
    openssl(
      `req -x509 ${newKey} -keyout ${authority}.key -out ${authority}.crt -days 2 -subj /CN=${authority}`,
    );
  for (const name of ['server', 'client']) {
    openssl(`req ${newKey} -keyout ${name}.key -out ${name}.csr -subj /CN=${name}`);
    const sign = `-CA ca.crt -CAkey ca.key -CAcreateserial -days 2 -extfile names -out ${name}.crt`;
    openssl(`x509 -req -in ${name}.csr ${sign}`);
  }
  const files = `certFile: ${file('server.crt')}, keyFile: ${file('server.key')}, clientCaFile: ${file('ca.crt')}`;
  runtime = await StreamRuntime.start('berthd', `streaming: { ${files} }\n`);
  id = await runtime.container('main', 'exec sleep 3600');
});
after(async () => {
  await runtime?.[Symbol.asyncDispose]();
  rmSync(dir, { recursive: true });
});

const shown = ['--tls-cert', file('client.crt'), '--tls-key', file('client.key')];
const verified = [...shown, '--tls-ca', file('ca.crt')];

for (const transport of ['spdy', 'websocket']) {
  const exec = (...flags: string[]) =>
    runtime.run(['exec', '-i', '-r', transport, ...flags, id, 'cat'], 'safe\n');

  for (const [what, flags] of [
    ['both sides verified', verified],
    ['another name of the server', [...verified, '--tls-sni', 'node.example']],
    ['an address of the server', [...verified, '--tls-server-name', '192.0.2.1']],
  ] as const) {
    test(`${transport}: ${what}`, async () => {
      assert.deepEqual(await exec(...flags), { code: 0, out: 'safe\n', err: '' });
    });
  }

  for (const [what, flags] of [
    ['a client without a certificate', []],
    ['another authority', [...shown, '--tls-ca', file('other.crt')]],
    ['no authority, so that those of the machine count', shown],
    ['a name that the certificate is not for', [...verified, '--tls-sni', 'elsewhere.example']],
    ['an address that the certificate is not for', [...verified, '--tls-sni', '127.0.0.1']],
  ] as const) {
    test(`${transport}: refused with ${what}`, async () => {
      const { code, out, err } = await exec(...flags);
      assert.deepEqual([code, out], [1, '']);
      assert.match(err, /level=fatal msg="execing command in container /);
    });
  }

  test(`${transport}: port-forward`, async () => {
    using forward = runtime.start('port-forward', '-r', transport, ...verified, runtime.pod, ':1');
    await forward.printed(/^Forwarding from 127/m);
    forward.interrupt();
    assert.equal((await forward.exit()).code, 0);
  });
}
