// PURE: the command lines of a control plane, as kubeadm would have them unless a comment says why not.

/** The ports on which a control plane listens. */
export interface Ports {
  apiServer: number;
  controllerManager: number;
  scheduler: number;
}

export type ComponentName = 'etcd' | 'kube-apiserver' | 'kube-controller-manager' | 'kube-scheduler';

/** The address of the service `kubernetes`, the first of the service range. */
export const apiServiceAddress = '10.96.0.1';
const serviceRange = '10.96.0.0/16';

/** The endpoint of the service `kubernetes`, which must not be of the loopback. */
export function advertisedAddress(address: string): string {
  return address.startsWith('127.') ? '192.0.2.2' : address;
}

/** Where etcd listens: in the folder of the cluster, which is root's, so that it needs no keys. */
export function etcdSocket(dir: string): string {
  return `${dir}/etcd.sock`;
}

/** What follows the program's name, by component. Certificates and kubeconfigs are in `dir`. */
export function componentFlags(dir: string, address: string, ports: Ports): Record<ComponentName, string[]> {
  const client = `unix://${etcdSocket(dir)}`;
  const peer = `unix://${dir}/etcd-peer.sock`;
  const servingPair = (name: string) => [
    `--tls-cert-file=${dir}/${name}.crt`,
    `--tls-private-key-file=${dir}/${name}.key`,
  ];
  const kubeconfigs = (name: string) =>
    ['kubeconfig', 'authentication-kubeconfig', 'authorization-kubeconfig'].map(
      (flag) => `--${flag}=${dir}/${name}.kubeconfig`,
    );
  return {
    etcd: [
      '--name=test',
      `--data-dir=${dir}/etcd`,
      `--listen-client-urls=${client}`,
      `--advertise-client-urls=${client}`,
      `--listen-peer-urls=${peer}`,
      `--initial-advertise-peer-urls=${peer}`,
      `--initial-cluster=test=${peer}`,
      '--log-level=warn',
      // Only a machine that crashes needs it, not a process.
      '--unsafe-no-fsync',
    ],
    'kube-apiserver': [
      `--etcd-servers=${client}`,
      `--bind-address=${address}`,
      `--advertise-address=${advertisedAddress(address)}`,
      `--secure-port=${ports.apiServer}`,
      ...servingPair('kube-apiserver'),
      `--client-ca-file=${dir}/ca.crt`,
      '--authorization-mode=Node,RBAC',
      '--enable-admission-plugins=NodeRestriction',
      '--enable-bootstrap-token-auth=true',
      '--allow-privileged=true',
      '--service-account-issuer=https://kubernetes.default.svc.cluster.local',
      `--service-account-key-file=${dir}/tokens.pub`,
      `--service-account-signing-key-file=${dir}/tokens.key`,
      `--service-cluster-ip-range=${serviceRange}`,
      // For aggregated API servers, of which there is none; without it the others complain of a missing authority.
      `--requestheader-client-ca-file=${dir}/front-proxy.crt`,
      '--requestheader-allowed-names=front-proxy-client',
      '--requestheader-username-headers=X-Remote-User',
      '--requestheader-group-headers=X-Remote-Group',
      '--requestheader-extra-headers-prefix=X-Remote-Extra-',
      `--kubelet-client-certificate=${dir}/kubelet-client.crt`,
      `--kubelet-client-key=${dir}/kubelet-client.key`,
      '--kubelet-preferred-address-types=InternalIP,ExternalIP,Hostname',
    ],
    'kube-controller-manager': [
      ...kubeconfigs('controller-manager'),
      `--bind-address=${address}`,
      `--secure-port=${ports.controllerManager}`,
      ...servingPair('controller-manager'),
      '--controllers=*,bootstrap-signer-controller,token-cleaner-controller',
      '--use-service-account-credentials=true',
      // With the default it takes seconds to get the tokens of forty controllers.
      '--kube-api-qps=1000',
      '--kube-api-burst=1000',
      '--leader-elect=false',
      `--root-ca-file=${dir}/ca.crt`,
      `--service-account-private-key-file=${dir}/tokens.key`,
      `--cluster-signing-cert-file=${dir}/ca.crt`,
      `--cluster-signing-key-file=${dir}/ca.key`,
      `--service-cluster-ip-range=${serviceRange}`,
    ],
    'kube-scheduler': [
      ...kubeconfigs('scheduler'),
      `--bind-address=${address}`,
      `--secure-port=${ports.scheduler}`,
      ...servingPair('scheduler'),
      '--leader-elect=false',
    ],
  };
}
