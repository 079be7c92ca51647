import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { redirectLog } from '../../klog/klog.ts';
import type { ApiAccess, ExecAccess } from '../kubeconfig/api-access.ts';
import { ExecPlugin } from './exec-plugin.ts';

const dir = mkdtempSync(join(tmpdir(), 'berth-exec-plugin-'));
after(() => rmSync(dir, { recursive: true }));
const apiVersion = 'client.authentication.k8s.io/v1beta1';
const access: ApiAccess = { server: new URL('https://a'), insecureSkipTlsVerify: false, user: {} };

function plugin(script: string, others: Partial<ExecAccess> = {}): ExecPlugin {
  const args = ['-c', script];
  const fields = { env: [], apiVersion, provideClusterInfo: false, interactiveMode: 'IfAvailable' };
  return new ExecPlugin({ command: '/bin/sh', args, ...fields, ...others }, access);
}

const print = (token: string, expires = ''): string =>
  `printf '{"kind":"ExecCredential","apiVersion":"${apiVersion}","status":{"token":"%s","expirationTimestamp":"%s"}}' "${token}" "${expires}"`;

test('a plugin runs with its environment, again when its credentials have expired', async () => {
  const info = join(dir, 'info');
  const env = [{ name: 'WHO', value: 'me' }];
  const source = plugin(`echo "$KUBERNETES_EXEC_INFO" >> ${info}; ${print('$WHO', '2001-01-01T00:00:00Z')}`, {
    env,
  });
  assert.deepEqual(await source.current(), { authorization: 'Bearer me' });
  await source.current();
  const line = { kind: 'ExecCredential', apiVersion, spec: { interactive: false } };
  assert.deepEqual(
    readFileSync(info, 'utf8')
      .trim()
      .split('\n')
      .map((text) => JSON.parse(text)),
    [line, line],
  );
});

test('what a plugin says on standard error is logged', async () => {
  const lines: string[] = [];
  const restore = redirectLog((text) => lines.push(text));
  await plugin(`echo careful >&2; ${print('t')}`).current();
  restore();
  assert.match(lines.join(''), /Credential plugin" command="\/bin\/sh" stderr="careful/);
});

test('failures', async () => {
  const refused: [source: ExecPlugin, message: RegExp][] = [
    [plugin('exit 3'), /^Error: exec: executable \/bin\/sh failed with exit code 3$/],
    [plugin('echo secret'), /^Error: exec: \/bin\/sh: the plugin printed no JSON object$/],
    [plugin('', { command: join(dir, 'none') }), /^Error: exec: executable .*none not found$/],
    [plugin('', { command: join(dir, 'none'), installHint: 'get it' }), /none not found; get it$/],
    [plugin('', { command: dir }), /^Error: exec: executable \S+ failed: EACCES$/],
    [plugin('yes'), /failed: ERR_CHILD_PROCESS_STDIO_MAXBUFFER$/],
  ];
  writeFileSync(join(dir, 'plain'), '');
  for (const [source, message] of refused) await assert.rejects(source.current(), message);
});
