// The kubeconfig that bootstrapping leaves: the server of the bootstrap kubeconfig, with the certificate of the node.
import { goYaml, type Json } from '@berth/go-yaml/print.ts';
import type { ApiAccess } from '../kubeconfig/api-access.ts';
import type { Kubeconfig } from '../kubeconfig/kubeconfig.ts';

/**
 * The text of the kubeconfig, octet for octet the real kubelet's. Pure.
 *
 * @param bootstrap what the bootstrap kubeconfig says, and the access that was read from it
 * @param pairPath the file of the certificate and its key
 */
export function bootstrappedKubeconfig(
  bootstrap: { kubeconfig: Kubeconfig; access: ApiAccess },
  pairPath: string,
): string {
  const { insecureSkipTlsVerify, certificateAuthority } = bootstrap.access;
  const cluster: { [field: string]: Json } = { server: currentServer(bootstrap.kubeconfig) };
  if (insecureSkipTlsVerify) cluster['insecure-skip-tls-verify'] = true;
  if (certificateAuthority !== undefined) {
    if ('file' in certificateAuthority) cluster['certificate-authority'] = certificateAuthority.file;
    else cluster['certificate-authority-data'] = Buffer.from(certificateAuthority.pem).toString('base64');
  }
  return goYaml({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'default-cluster', cluster }],
    users: [{ name: 'default-auth', user: { 'client-certificate': pairPath, 'client-key': pairPath } }],
    contexts: [
      {
        name: 'default-context',
        context: { cluster: 'default-cluster', user: 'default-auth', namespace: 'default' },
      },
    ],
    'current-context': 'default-context',
  });
}

/** The server as it is written, without a query: a URL would leave out the port 443. */
function currentServer(kubeconfig: Kubeconfig): string {
  const context = kubeconfig.contexts.find(({ name }) => name === kubeconfig['current-context'])?.context;
  const cluster = kubeconfig.clusters.find(({ name }) => name === context?.cluster)?.cluster;
  return (cluster?.server ?? '').replace(/[?#].*$/s, '');
}
