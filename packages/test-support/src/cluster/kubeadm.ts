// What `kubeadm init` leaves in a cluster for `kubeadm join`, put there by the real kubeadm.
import { execFile } from 'node:child_process';
import { createHash, X509Certificate } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { patience } from '../machine-speed.ts';
import { buildPeer } from '../peers.ts';
import { bootstrapToken } from './bootstrap-objects.ts';
import type { Cluster } from './cluster.ts';
import { advertisedAddress } from './command-lines.ts';

const timeoutMs = patience(120_000);

/** What a node needs to know to join. */
export interface JoinInstructions {
  /** The path of kubeadm. */
  program: string;
  /** What follows `kubeadm join`. */
  args: string[];
}

/**
 * Uploads the configuration that joining nodes get.
 *
 * @param kubelet fields of the KubeletConfiguration that kubeadm writes on each node
 */
export async function prepareForKubeadm(
  cluster: Cluster,
  kubelet: Record<string, unknown> = {},
): Promise<JoinInstructions> {
  const { dir, endpoint, adminKubeconfig } = cluster;
  const program = await buildPeer('kubeadm');
  const { host, hostname, port } = new URL(endpoint.server);
  const { gitVersion } = await cluster.admin.get<{ gitVersion: string }>('/version');
  const config = join(dir, 'kubeadm.json');
  const documents = [
    {
      apiVersion: 'kubeadm.k8s.io/v1beta4',
      kind: 'InitConfiguration',
      bootstrapTokens: [{ token: bootstrapToken }],
      localAPIEndpoint: { advertiseAddress: advertisedAddress(hostname), bindPort: Number(port) },
      nodeRegistration: { criSocket: 'unix:///run/berth/berth.sock' },
    },
    {
      apiVersion: 'kubeadm.k8s.io/v1beta4',
      kind: 'ClusterConfiguration',
      kubernetesVersion: gitVersion,
      controlPlaneEndpoint: host,
      certificatesDir: dir,
    },
    { apiVersion: 'kubelet.config.k8s.io/v1beta1', kind: 'KubeletConfiguration', ...kubelet },
  ];
  writeFileSync(config, documents.map((document) => JSON.stringify(document)).join('\n---\n'));
  for (const phase of [['bootstrap-token'], ['upload-config', 'all']]) {
    const words = ['init', 'phase', ...phase, `--config=${config}`, `--kubeconfig=${adminKubeconfig}`];
    await promisify(execFile)(program, words, { timeout: timeoutMs, killSignal: 'SIGKILL' });
  }
  const { publicKey } = new X509Certificate(endpoint.ca);
  const hash = createHash('sha256').update(publicKey.export({ type: 'spki', format: 'der' }));
  return {
    program,
    args: [host, `--token=${bootstrapToken}`, `--discovery-token-ca-cert-hash=sha256:${hash.digest('hex')}`],
  };
}
