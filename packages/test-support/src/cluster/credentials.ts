// Keys, certificates and kubeconfigs of a cluster, in its folder, which is root's.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Authority, type KeyPair, tokenKeys } from './authority.ts';
import { kubeletClientUser } from './bootstrap-objects.ts';
import { apiServiceAddress } from './command-lines.ts';
import { type Credentials, type Endpoint, kubeconfig } from './kubeconfig.ts';

/** Users of the control plane, by the name of their kubeconfig. */
const users = {
  admin: { commonName: 'kubernetes-admin', organizations: ['system:masters'] },
  'controller-manager': { commonName: 'system:kube-controller-manager' },
  scheduler: { commonName: 'system:kube-scheduler' },
};

/**
 * Writes what the components' command lines name.
 *
 * @returns the administrator's credentials
 */
export function writeCredentials(
  dir: string,
  authority: Authority,
  endpoint: Endpoint,
  address: string,
): KeyPair {
  writePair(dir, 'ca', authority);
  writePair(dir, 'front-proxy', new Authority('front-proxy-ca'));
  const { privateKey, publicKey } = tokenKeys();
  writePrivate(join(dir, 'tokens.key'), privateKey);
  writePrivate(join(dir, 'tokens.pub'), publicKey);
  for (const name of ['kube-apiserver', 'controller-manager', 'scheduler'])
    writePair(dir, name, authority.issue({ commonName: name, hosts: hosts(address), purposes: ['server'] }));
  const kubeletClient = authority.issue({ commonName: kubeletClientUser, purposes: ['client'] });
  writePair(dir, 'kubelet-client', kubeletClient);
  const issued = Object.entries(users).map(([name, user]) => {
    const pair = authority.issue({ ...user, purposes: ['client'] });
    writeKubeconfig(join(dir, `${name}.kubeconfig`), endpoint, user.commonName, pair);
    return [name, pair] as const;
  });
  const admin = new Map<string, KeyPair>(issued).get('admin');
  if (admin === undefined) throw new Error('no administrator');
  return admin;
}

/** Writes a kubeconfig for its owner alone. */
export function writeKubeconfig(
  path: string,
  endpoint: Endpoint,
  user: string,
  credentials: Credentials,
): string {
  writePrivate(path, kubeconfig(endpoint, user, credentials));
  return path;
}

function hosts(address: string): string[] {
  const service = ['', '.default', '.default.svc', '.default.svc.cluster.local'].map(
    (suffix) => `kubernetes${suffix}`,
  );
  return [...new Set(['localhost', '127.0.0.1', address, apiServiceAddress, ...service])];
}

function writePair(dir: string, name: string, { certificate, key }: KeyPair): void {
  writePrivate(join(dir, `${name}.crt`), certificate);
  writePrivate(join(dir, `${name}.key`), key);
}

function writePrivate(path: string, content: string): void {
  writeFileSync(path, content, { mode: 0o600 });
}
