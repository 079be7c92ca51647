import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ApiAccess, ExecAccess } from '../kubeconfig/api-access.ts';
import { execInfo, readExecCredential } from './exec-credential.ts';

const apiVersion = 'client.authentication.k8s.io/v1';

test('what a plugin is told', () => {
  const exec: ExecAccess = {
    command: 'x',
    args: [],
    env: [],
    apiVersion,
    provideClusterInfo: false,
    interactiveMode: 'Never',
    clusterConfig: { a: 1 },
  };
  const access: ApiAccess = {
    server: new URL('https://a:6443'),
    insecureSkipTlsVerify: true,
    tlsServerName: 'b',
    proxyUrl: new URL('http://p:3128'),
    user: {},
  };
  const expected = { kind: 'ExecCredential', apiVersion, spec: { interactive: false } };
  assert.deepEqual(JSON.parse(execInfo(exec, access, 'ca')), expected);
  assert.deepEqual(JSON.parse(execInfo({ ...exec, provideClusterInfo: true }, access, 'ca')).spec.cluster, {
    server: 'https://a:6443',
    'tls-server-name': 'b',
    'insecure-skip-tls-verify': true,
    'certificate-authority-data': 'Y2E=',
    'proxy-url': 'http://p:3128',
    config: { a: 1 },
  });
});

test('what a plugin prints', () => {
  const printed = (status: unknown): string => JSON.stringify({ kind: 'ExecCredential', apiVersion, status });
  assert.deepEqual(
    readExecCredential(printed({ token: 't', expirationTimestamp: '2026-01-02T03:04:05Z' }), apiVersion),
    {
      credential: { authorization: 'Bearer t' },
      expiresAtMs: Date.UTC(2026, 0, 2, 3, 4, 5),
    },
  );
  assert.deepEqual(
    readExecCredential(printed({ clientCertificateData: 'c', clientKeyData: 'k' }), apiVersion),
    {
      credential: { certificate: { cert: 'c', key: 'k' } },
      expiresAtMs: undefined,
    },
  );
  const refused: [text: string, message: RegExp][] = [
    ['secret', /^the plugin printed no JSON object$/],
    ['[]', /no JSON object/],
    ['{}', /no ExecCredential/],
    [JSON.stringify({ kind: 'ExecCredential', apiVersion: 'v0' }), /configured to use API version/],
    [printed(undefined), /no status/],
    [printed({}), /no token and no certificate/],
    [printed({ token: 1 }), /a token that is no string/],
    [printed({ clientKeyData: 'k' }), /only a certificate or a key/],
    [printed({ token: 't', clientCertificateData: 'c' }), /only a certificate or a key/],
    [printed({ token: 't', expirationTimestamp: 'soon' }), /no time/],
  ];
  for (const [text, message] of refused) {
    assert.throws(
      () => readExecCredential(text, apiVersion),
      (error: unknown) => {
        assert.match(String(error).replace(/^Error: /, ''), message);
        return true;
      },
    );
  }
});
