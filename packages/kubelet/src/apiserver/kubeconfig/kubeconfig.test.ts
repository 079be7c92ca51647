import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KubeconfigError, parseKubeconfig } from './kubeconfig.ts';

test('every field is read, unknown ones are ignored', () => {
  const text = `
apiVersion: v1
kind: Config
preferences: {colors: true}
current-context: c
clusters:
- name: k
  cluster:
    server: https://a:6443/prefix
    tls-server-name: b
    insecure-skip-tls-verify: false
    certificate-authority: ca.crt
    certificate-authority-data: Y2E=
    proxy-url: socks5://p:1
    disable-compression: true
    newer: field
    extensions:
    - name: e
      extension: {x: [1]}
users:
- name: u
  user:
    client-certificate: c.crt
    client-certificate-data: Yw==
    client-key: c.key
    client-key-data: aw==
    token: t
    tokenFile: f
    as: other
    as-uid: "7"
    as-groups: [g]
    as-user-extra: {x: [z]}
    username: name
    password: p
    auth-provider: {name: gcp, config: {a: b}}
    exec:
      apiVersion: client.authentication.k8s.io/v1beta1
      command: helper
      args: [--a]
      env: [{name: A, value: B}]
      installHint: get it
      provideClusterInfo: true
contexts:
- name: c
  context: {cluster: k, user: u, namespace: ns}
`;
  assert.deepEqual(parseKubeconfig(text), {
    'current-context': 'c',
    clusters: [
      {
        name: 'k',
        cluster: {
          server: 'https://a:6443/prefix',
          'tls-server-name': 'b',
          'certificate-authority': 'ca.crt',
          'certificate-authority-data': 'Y2E=',
          'proxy-url': 'socks5://p:1',
          'disable-compression': true,
          extensions: [{ name: 'e', extension: { x: [1] } }],
        },
      },
    ],
    users: [
      {
        name: 'u',
        user: {
          'client-certificate': 'c.crt',
          'client-certificate-data': 'Yw==',
          'client-key': 'c.key',
          'client-key-data': 'aw==',
          token: 't',
          tokenFile: 'f',
          as: 'other',
          'as-uid': '7',
          'as-groups': ['g'],
          'as-user-extra': { x: ['z'] },
          username: 'name',
          password: 'p',
          'auth-provider': { name: 'gcp' },
          exec: {
            apiVersion: 'client.authentication.k8s.io/v1beta1',
            command: 'helper',
            args: ['--a'],
            env: [{ name: 'A', value: 'B' }],
            installHint: 'get it',
            provideClusterInfo: true,
            interactiveMode: 'IfAvailable',
          },
        },
      },
    ],
    contexts: [{ name: 'c', context: { cluster: 'k', user: 'u', namespace: 'ns' } }],
  });
});

test('odd files', () => {
  const empty = { clusters: [], users: [], contexts: [] };
  const accepted: [text: string, kubeconfig: unknown][] = [
    ['', empty],
    ['{}', empty],
    ['kind: ""\napiVersion: ""', undefined],
    ['clusters: null\nusers:\ncontexts: []', empty],
    ['clusters: [{name: a, cluster: null}]', { ...empty, clusters: [{ name: 'a', cluster: {} }] }],
    ['clusters: [{}]', { ...empty, clusters: [{ name: '', cluster: {} }] }],
    ['Current-Context: other', empty],
    // The last of two keys wins, as in Go.
    ['current-context: a\ncurrent-context: b', { 'current-context': 'b', ...empty }],
  ];
  for (const [text, kubeconfig] of accepted) {
    assert.deepEqual(parseKubeconfig(text), kubeconfig ?? empty, text);
  }
});

test('mistakes name their field and no value', () => {
  const refused: [text: string, message: RegExp][] = [
    ['kind: Pod', /kind "Pod" of "v1" is not supported/],
    ['apiVersion: v2', /"v2" is not supported/],
    ['[1]', /not an object of kind Config/],
    ['a: [', /^1?/],
    ['clusters: {}', /^clusters: expected a list/],
    ['clusters: [{name: a},{name: a}]', /^clusters: duplicate name "a"/],
    ['clusters: [{name: 1}]', /^clusters\[0\].name: expected a string/],
    ['clusters: [{name: a, cluster: {server: 1}}]', /^clusters\[0\].cluster.server: expected a string/],
    ['clusters: [{name: a, cluster: {insecure-skip-tls-verify: "x"}}]', /verify: expected true or false/],
    ['users: [{name: a, user: {token: 12345}}]', /^users\[0\].user.token: expected a string$/],
    [
      'users: [{name: a, user: {client-key-data: "secret!"}}]',
      /client-key-data: illegal base64 data at input byte 6$/,
    ],
    ['users: [{name: a, user: {exec: []}}]', /^users\[0\].user.exec: expected an object/],
    ['users: [{name: a, user: {exec: {args: [1]}}}]', /^users\[0\].user.exec.args\[0\]: expected a string/],
  ];
  for (const [text, message] of refused) {
    assert.throws(
      () => parseKubeconfig(text),
      (error: unknown) => {
        assert.ok(error instanceof KubeconfigError, text);
        assert.match(error.message, message);
        return true;
      },
    );
  }
});
