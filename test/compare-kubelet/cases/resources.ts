// Resources of containers and pods, QoS classes, and pods that the node does not admit.
import { ended, group, pod, readyOrNot, sleeper } from './pod.ts';

const asks = (requests: object, limits?: object) =>
  sleeper('main', { resources: { requests, ...(limits && { limits }) } });

const resources = group('resources', [
  pod('requests', { containers: [asks({ cpu: '20m', memory: '24Mi' })] }),
  pod('limits', { containers: [sleeper('main', { resources: { limits: { cpu: '50m', memory: '32Mi' } } })] }),
  pod('both', { containers: [asks({ cpu: '20m', memory: '24Mi' }, { cpu: '250m', memory: '64Mi' })] }),
  pod('of two containers', {
    containers: [asks({ cpu: '20m', memory: '24Mi' }, { cpu: '250m', memory: '64Mi' }), sleeper('b')],
  }),
  pod('a CPU limit alone', { containers: [sleeper('main', { resources: { limits: { cpu: '1' } } })] }),
  pod('a memory limit alone', {
    containers: [sleeper('main', { resources: { limits: { memory: '48Mi' } } })],
  }),
  pod('tiny', { containers: [asks({ cpu: '1m', memory: '6Mi' }, { cpu: '1m', memory: '16Mi' })] }),
  pod('ephemeral storage', {
    containers: [asks({ 'ephemeral-storage': '1Mi' }, { 'ephemeral-storage': '100Mi' })],
  }),
  pod('of the pod', {
    resources: { requests: { cpu: '30m', memory: '40Mi' }, limits: { cpu: '300m', memory: '80Mi' } },
    containers: [sleeper('a'), sleeper('b')],
  }),
  pod('of the pod and a container', {
    resources: { limits: { cpu: '300m', memory: '80Mi' } },
    containers: [asks({ cpu: '10m', memory: '16Mi' }, { cpu: '100m', memory: '32Mi' }), sleeper('b')],
  }),
  pod(
    'an overhead',
    {
      overhead: { cpu: '10m', memory: '8Mi' },
      containers: [sleeper('main', { resources: { limits: { cpu: '50m', memory: '32Mi' } } })],
    },
    readyOrNot,
  ),
  pod('with a sidecar', {
    initContainers: [
      sleeper('side', { restartPolicy: 'Always', resources: { requests: { cpu: '10m', memory: '16Mi' } } }),
    ],
    containers: [asks({ cpu: '20m', memory: '24Mi' })],
  }),
  pod('resize policies', {
    containers: [
      { ...asks({ cpu: '10m' }), resizePolicy: [{ resourceName: 'cpu', restartPolicy: 'RestartContainer' }] },
    ],
  }),
  pod('a priority', { priority: 1000, priorityClassName: 'system-node-critical' }, readyOrNot),
]);

const admission = group('admission', [
  pod(
    'more CPU than there is',
    { containers: [asks({ cpu: '1000' })] },
    { settled: ended, alone: 'too much' },
  ),
  pod(
    'more memory than there is',
    { containers: [asks({ memory: '1000Ti' })] },
    { settled: ended, alone: 'too much' },
  ),
  pod(
    'both too much',
    { containers: [asks({ cpu: '1000', memory: '1000Ti' })] },
    { settled: ended, alone: 'too much' },
  ),
  pod(
    'huge pages that there are not',
    {
      containers: [asks({ 'hugepages-2Mi': '2Mi', memory: '16Mi', cpu: '10m' }, { 'hugepages-2Mi': '2Mi' })],
    },
    { settled: ended, alone: 'too much' },
  ),
  pod(
    'a resource that nobody has',
    { containers: [asks({ 'example.com/thing': '1' }, { 'example.com/thing': '1' })] },
    readyOrNot,
  ),
  pod('another node', { nodeSelector: { 'kubernetes.io/hostname': 'other' } }, { settled: ended }),
  pod('this node', { nodeSelector: { 'kubernetes.io/os': 'linux' } }, readyOrNot),
  pod(
    'an affinity for another node',
    {
      affinity: {
        nodeAffinity: {
          requiredDuringSchedulingIgnoredDuringExecution: {
            nodeSelectorTerms: [{ matchExpressions: [{ key: 'x', operator: 'Exists' }] }],
          },
        },
      },
    },
    { settled: ended },
  ),
  pod('another OS', { os: { name: 'windows' } }, { settled: ended }),
  pod('the OS label of another', { nodeSelector: { 'kubernetes.io/os': 'windows' } }, { settled: ended }),
  pod(
    'a sysctl that is not allowed',
    { securityContext: { sysctls: [{ name: 'kernel.sem', value: '1 2 3 4' }] } },
    { settled: ended },
  ),
  pod(
    'a sysctl of the host with its network',
    { hostNetwork: true, securityContext: { sysctls: [{ name: 'net.ipv4.tcp_syncookies', value: '0' }] } },
    readyOrNot,
  ),
  pod(
    'AppArmor, and the kernel has none',
    { securityContext: { appArmorProfile: { type: 'Localhost', localhostProfile: 'x' } } },
    { settled: ended },
  ),
  pod('a volume of an API object', { volumes: [{ name: 'v', secret: { secretName: 's' } }] }, readyOrNot),
  pod('ephemeral containers', { ephemeralContainers: [sleeper('debug')] }, readyOrNot),
  pod('a gate of scheduling', { schedulingGates: [{ name: 'example.com/gate' }] }, readyOrNot),
]);

const alone = { alone: 'most' };

const competition = group('competition', [
  pod('most of the CPU', { containers: [asks({ cpu: '1900m' })] }, alone),
]);

export const resourceCases = [...resources, ...admission, ...competition];
