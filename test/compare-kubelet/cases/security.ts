// Security contexts and namespaces.
import { ended, forever, group, pod, readyOrNot, script, sleeper, stuck, waiting } from './pod.ts';

const context = (securityContext: object, more: object = {}) => ({
  containers: [sleeper('main', { securityContext })],
  ...more,
});

const security = group('security', [
  pod('a user and groups of the pod', {
    securityContext: { runAsUser: 1000, runAsGroup: 3000, supplementalGroups: [4000, 5000] },
  }),
  pod('a user of the container', {
    securityContext: { runAsUser: 1000, runAsGroup: 3000 },
    ...context({ runAsUser: 2000 }),
  }),
  pod('groups of the image', { securityContext: { runAsUser: 1000, supplementalGroups: [4000] } }),
  pod('groups of the image are left out', {
    securityContext: { runAsUser: 1000, supplementalGroups: [4000], supplementalGroupsPolicy: 'Strict' },
  }),
  pod('not root, and is', context({ runAsNonRoot: true }), {
    settled: waiting('CreateContainerConfigError'),
  }),
  pod('not root, by number', context({ runAsNonRoot: true, runAsUser: 0 }), {
    settled: waiting('CreateContainerConfigError'),
  }),
  pod('not root, and is not', context({ runAsNonRoot: true, runAsUser: 5 })),
  pod('capabilities', context({ capabilities: { add: ['NET_ADMIN', 'SYS_TIME'], drop: ['CHOWN', 'KILL'] } })),
  pod('no capabilities', context({ capabilities: { drop: ['ALL'] } })),
  pod('all capabilities', context({ capabilities: { add: ['ALL'] } })),
  pod('capabilities of a user', context({ runAsUser: 1000, capabilities: { add: ['NET_BIND_SERVICE'] } })),
  pod('privileged', context({ privileged: true })),
  pod('no new privileges', context({ allowPrivilegeEscalation: false })),
  pod('a root that cannot be written', context({ readOnlyRootFilesystem: true })),
  pod('seccomp: of the runtime, for the pod', {
    securityContext: { seccompProfile: { type: 'RuntimeDefault' } },
  }),
  pod('seccomp: none, for a container', {
    securityContext: { seccompProfile: { type: 'RuntimeDefault' } },
    ...context({ seccompProfile: { type: 'Unconfined' } }),
  }),
  pod(
    'seccomp: a file that is not there',
    context({ seccompProfile: { type: 'Localhost', localhostProfile: 'none.json' } }),
    stuck,
  ),
  pod('AppArmor: none', context({ appArmorProfile: { type: 'Unconfined' } })),
  pod(
    'AppArmor: of the runtime, and the kernel has none',
    context({ appArmorProfile: { type: 'RuntimeDefault' } }),
    stuck,
  ),
  pod('AppArmor: an annotation', {
    metadata: { annotations: { 'container.apparmor.security.beta.kubernetes.io/main': 'unconfined' } },
  }),
  pod('seccomp: an annotation', {
    metadata: { annotations: { 'seccomp.security.alpha.kubernetes.io/pod': 'runtime/default' } },
  }),
  pod('SELinux options', { securityContext: { seLinuxOptions: { level: 's0:c1,c2' } } }),
  pod('sysctls', {
    securityContext: {
      sysctls: [
        { name: 'net.ipv4.tcp_syncookies', value: '0' },
        { name: 'kernel.shm_rmid_forced', value: '1' },
        { name: 'net.ipv4.ip_local_port_range', value: '40000 50000' },
      ],
    },
  }),
  pod('sysctls that are unsafe and allowed', {
    securityContext: { sysctls: [{ name: 'kernel.msgmax', value: '65000' }] },
  }),
  pod('procMount', { hostUsers: false, ...context({ procMount: 'Unmasked' }) }, readyOrNot),
]);

// No runtimeClassName: without an API server the real kubelet 1.37.2 ends with a nil pointer (LookupRuntimeHandler).
const namespaces = group('namespaces', [
  pod('PIDs are shared', { shareProcessNamespace: true, containers: [sleeper('a'), sleeper('b')] }),
  pod('the network of the host', { hostNetwork: true }),
  pod('the PIDs of the host', { hostPID: true, containers: [script('a', forever)] }),
  pod('the IPC of the host', { hostIPC: true }),
  pod('users of its own', { hostUsers: false }, readyOrNot),
  pod(
    'users of its own, and volumes',
    {
      hostUsers: false,
      containers: [
        sleeper('main', {
          volumeMounts: [
            { name: 'v', mountPath: '/v' },
            { name: 'd', mountPath: '/d' },
          ],
        }),
      ],
      volumes: [
        { name: 'v', emptyDir: {} },
        { name: 'd', downwardAPI: { items: [{ path: 'name', fieldRef: { fieldPath: 'metadata.name' } }] } },
      ],
    },
    readyOrNot,
  ),
  pod('users of the host', { hostUsers: true }),
  pod('ports of the host', {
    containers: [
      sleeper('a', {
        ports: [
          { containerPort: 80, hostPort: 18_080 },
          { name: 'udp', containerPort: 53, hostPort: 18_053, protocol: 'UDP', hostIP: '127.0.0.1' },
        ],
      }),
    ],
  }),
  pod('ports that nobody maps', {
    containers: [sleeper('a', { ports: [{ containerPort: 80, name: 'web' }] })],
  }),
  pod(
    'a pod without a network of its own that ends',
    { hostNetwork: true, restartPolicy: 'Never', containers: [script('a', 'exit 0')] },
    { settled: ended },
  ),
]);

export const securityCases = [...security, ...namespaces];
