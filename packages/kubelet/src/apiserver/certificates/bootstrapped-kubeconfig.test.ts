import assert from 'node:assert/strict';
import { test } from 'node:test';
import { apiAccess } from '../kubeconfig/api-access.ts';
import { type Cluster, parseKubeconfig } from '../kubeconfig/kubeconfig.ts';
import { bootstrappedKubeconfig } from './bootstrapped-kubeconfig.ts';

const pairPath = '/var/lib/kubelet/pki/kubelet-client-current.pem';

/** What client-go's clientcmd.Write makes of a cluster with these lines. */
function fromGo(...cluster: string[]): string {
  return `apiVersion: v1
clusters:
- cluster:
${cluster.map((line) => `    ${line}\n`).join('')}  name: default-cluster
contexts:
- context:
    cluster: default-cluster
    namespace: default
    user: default-auth
  name: default-context
current-context: default-context
kind: Config
users:
- name: default-auth
  user:
    client-certificate: ${pairPath}
    client-key: ${pairPath}
`;
}

test('the kubeconfig is the real kubelet’s, octet for octet', () => {
  const data = Buffer.from('authority '.repeat(12)).toString('base64');
  const rows: [what: string, cluster: Cluster, text: string][] = [
    [
      'an authority in the file',
      { server: 'https://10.0.0.1:6443', 'certificate-authority-data': data },
      fromGo(`certificate-authority-data: ${data}`, 'server: https://10.0.0.1:6443'),
    ],
    [
      'a file beside it',
      { server: 'https://a.example.org:443/?x=y#z', 'certificate-authority': 'pki/ca.crt' },
      fromGo('certificate-authority: /etc/kubernetes/pki/ca.crt', 'server: https://a.example.org:443/'),
    ],
    [
      'any certificate of the server',
      {
        server: 'https://a',
        'insecure-skip-tls-verify': true,
        'proxy-url': 'http://p',
        'tls-server-name': 'b',
      },
      fromGo('insecure-skip-tls-verify: true', 'server: https://a'),
    ],
  ];
  for (const [what, cluster, text] of rows) {
    const kubeconfig = parseKubeconfig(
      JSON.stringify({
        'current-context': 'c',
        contexts: [{ name: 'c', context: { cluster: 'k', user: 'u', namespace: 'x' } }],
        clusters: [
          { name: 'other', cluster: { server: 'https://other' } },
          { name: 'k', cluster },
        ],
        users: [{ name: 'u', user: { token: 'abcdef.0123456789abcdef' } }],
      }),
    );
    const access = apiAccess(kubeconfig, '/etc/kubernetes/bootstrap-kubelet.conf');
    assert.equal(bootstrappedKubeconfig({ kubeconfig, access }, pairPath), text, what);
    assert.deepEqual(apiAccess(parseKubeconfig(text), '/x').user, {
      clientCertificate: { cert: { file: pairPath }, key: { file: pairPath } },
    });
  }
});
