// PURE: what kubeadm puts into a new cluster so that nodes can join by a bootstrap token, and so that the API server may
// use a kubelet's API.

/** The token of every test cluster. */
export const bootstrapToken = 'abcdef.0123456789abcdef';

const bootstrapGroup = 'system:bootstrappers:kubeadm:default-node-token';

/** The user that the API server is to kubelets. */
export const kubeletClientUser = 'kube-apiserver-kubelet-client';

/** Objects with the paths that they are created at. */
export function bootstrapObjects(): { path: string; object: object }[] {
  const [id, secret] = bootstrapToken.split('.');
  const clusterRoleBindings = [
    ['kubeadm:kubelet-bootstrap', 'system:node-bootstrapper', group(bootstrapGroup)],
    [
      'kubeadm:node-autoapprove-bootstrap',
      'system:certificates.k8s.io:certificatesigningrequests:nodeclient',
      group(bootstrapGroup),
    ],
    [
      'kubeadm:node-autoapprove-certificate-rotation',
      'system:certificates.k8s.io:certificatesigningrequests:selfnodeclient',
      group('system:nodes'),
    ],
    ['kubelet-client', 'system:kubelet-api-admin', user(kubeletClientUser)],
  ] as const;
  return [
    {
      path: '/api/v1/namespaces/kube-system/secrets',
      object: {
        metadata: { name: `bootstrap-token-${id}` },
        type: 'bootstrap.kubernetes.io/token',
        stringData: {
          'token-id': id,
          'token-secret': secret,
          'usage-bootstrap-authentication': 'true',
          'usage-bootstrap-signing': 'true',
          'auth-extra-groups': bootstrapGroup,
        },
      },
    },
    ...clusterRoleBindings.map(([name, role, subject]) => ({
      path: '/apis/rbac.authorization.k8s.io/v1/clusterrolebindings',
      object: {
        metadata: { name },
        roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: role },
        subjects: [subject],
      },
    })),
  ];
}

function group(name: string): object {
  return { apiGroup: 'rbac.authorization.k8s.io', kind: 'Group', name };
}

function user(name: string): object {
  return { apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name };
}
