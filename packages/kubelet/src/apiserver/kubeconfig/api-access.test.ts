import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type ApiAccess, type ApiUser, apiAccess } from './api-access.ts';
import type { Cluster, Kubeconfig, User } from './kubeconfig.ts';

function kubeconfig(cluster: Cluster, user: User = {}): Kubeconfig {
  return {
    'current-context': 'c',
    clusters: [{ name: 'k', cluster }],
    users: [{ name: 'u', user }],
    contexts: [{ name: 'c', context: { cluster: 'k', user: 'u' } }],
  };
}

const path = '/etc/kubernetes/kubelet.conf';
const server = 'https://a:6443';
const exec = {
  command: 'helper',
  args: [],
  env: [],
  apiVersion: 'client.authentication.k8s.io/v1',
  provideClusterInfo: false,
  interactiveMode: 'Never',
};

test('clusters', () => {
  const verified = { insecureSkipTlsVerify: false };
  const cases: [cluster: Cluster, access: Omit<ApiAccess, 'user'>][] = [
    [{ server }, { server: new URL('https://a:6443/'), ...verified }],
    [{ server: 'https://a/x/?q#f' }, { server: new URL('https://a/x/'), ...verified }],
    [{ server: '10.0.0.1:8080' }, { server: new URL('http://10.0.0.1:8080/'), ...verified }],
    [{ server: 'https://[::1]:6443' }, { server: new URL('https://[::1]:6443/'), ...verified }],
    [
      { server, 'certificate-authority': 'pki/ca.crt', 'tls-server-name': 'b', 'proxy-url': 'http://p:3128' },
      {
        server: new URL(server),
        ...verified,
        certificateAuthority: { file: '/etc/kubernetes/pki/ca.crt' },
        tlsServerName: 'b',
        proxyUrl: new URL('http://p:3128'),
      },
    ],
    [
      { server, 'certificate-authority-data': 'Y2E=' },
      { server: new URL(server), ...verified, certificateAuthority: { pem: 'ca' } },
    ],
    [
      { server, 'insecure-skip-tls-verify': true },
      { server: new URL(server), insecureSkipTlsVerify: true },
    ],
  ];
  for (const [cluster, access] of cases) {
    assert.deepEqual(apiAccess(kubeconfig(cluster), path), { ...access, user: {} }, JSON.stringify(cluster));
  }
});

test('users', () => {
  const certificate = { cert: { file: '/etc/kubernetes/a.pem' }, key: { file: '/b.pem' } };
  const cases: [user: User, credentials: ApiUser][] = [
    [{}, {}],
    [{ 'client-certificate': 'a.pem', 'client-key': '/b.pem' }, { clientCertificate: certificate }],
    [
      { 'client-certificate-data': 'Yw==', 'client-key': '/b.pem' },
      { clientCertificate: { cert: { pem: 'c' }, key: { file: '/b.pem' } } },
    ],
    // A key alone is not used.
    [{ 'client-key': '/b.pem' }, {}],
    [
      { token: 't', tokenFile: 'f' },
      { token: 't', tokenFile: '/etc/kubernetes/f' },
    ],
    [{ username: 'n' }, { basic: { username: 'n', password: '' } }],
    [{ as: 'x', 'as-groups': ['g'] }, { impersonate: { user: 'x', groups: ['g'], extra: {} } }],
    [{ exec }, { exec }],
    [{ exec: { ...exec, command: './helper' } }, { exec: { ...exec, command: '/etc/kubernetes/helper' } }],
  ];
  for (const [user, credentials] of cases) {
    assert.deepEqual(apiAccess(kubeconfig({ server }, user), path).user, credentials, JSON.stringify(user));
  }
  const extension = { name: 'client.authentication.k8s.io/exec', extension: { a: 1 } };
  const { user } = apiAccess(kubeconfig({ server, extensions: [extension] }, { exec }), path);
  assert.deepEqual(user.exec?.clusterConfig, { a: 1 });
});

test('no credentials go to a server without TLS', () => {
  const { user } = apiAccess(kubeconfig({ server: 'http://a' }, { token: 't' }), path);
  assert.deepEqual(user, {});
});

test('a context whose user does not exist is anonymous', () => {
  assert.deepEqual(apiAccess({ ...kubeconfig({ server }, { token: 't' }), users: [] }, path).user, {});
});

test('mistakes', () => {
  const fine = kubeconfig({ server });
  const refused: [kubeconfig: Kubeconfig, message: RegExp][] = [
    [{ clusters: [], users: [], contexts: [] }, /no configuration has been provided/],
    [{ clusters: fine.clusters, users: fine.users, contexts: fine.contexts }, /no context is chosen/],
    [{ ...fine, 'current-context': 'x' }, /context "x" does not exist/],
    [{ ...fine, clusters: [] }, /"c" names the cluster "k", which does not exist/],
    [{ ...fine, contexts: [{ name: 'c', context: {} }] }, /"c" names no cluster/],
    [kubeconfig({}), /no server found for cluster "k"/],
    [kubeconfig({ server: 'ftp://a' }), /server: expected a URL or a host and port, not "ftp:\/\/a"/],
    [kubeconfig({ server: 'https://' }), /server: expected a URL/],
    [kubeconfig({ server: 'https://u:p@a' }), /server: a user in the URL is not supported/],
    [
      kubeconfig({ server, 'proxy-url': 'ftp://u:secret@p' }),
      /proxy-url: unsupported scheme[^p]*it must be http, https, or socks5/,
    ],
    [
      kubeconfig({ server, 'certificate-authority': 'a', 'certificate-authority-data': 'Yg==' }),
      /certificate-authority and certificate-authority-data are both set/,
    ],
    [
      kubeconfig({ server, 'certificate-authority': 'a', 'insecure-skip-tls-verify': true }),
      /insecure-skip-tls-verify is set beside a certificate authority/,
    ],
    [kubeconfig({ server }, { 'client-certificate': 'a' }), /client-key or client-key-data must be set/],
    [kubeconfig({ server }, { token: 't', username: 'u' }), /only one of them is allowed/],
    [kubeconfig({ server }, { 'auth-provider': { name: 'gcp' } }), /auth-provider: "gcp" is not supported/],
    [kubeconfig({ server }, { 'as-groups': ['g'] }), /set without as$/],
    [kubeconfig({ server }, { exec: { ...exec, command: '' } }), /command must be set/],
    [kubeconfig({ server }, { exec: { ...exec, apiVersion: 'v1' } }), /apiVersion "v1" is none of/],
    [kubeconfig({ server }, { exec: { ...exec, interactiveMode: '' } }), /interactiveMode "" is none of/],
    [kubeconfig({ server }, { exec: { ...exec, env: [{ name: '', value: 'x' }] } }), /env: a name is empty/],
  ];
  for (const [given, message] of refused) {
    assert.throws(() => apiAccess(given, path), { name: 'KubeconfigError', message });
  }
});
