import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bytes } from '@berth/common/quantity.ts';
import { faultOf, manifest, podOf, warningsOf } from '../../testing/manifest.ts';
import type { Pod } from '../pod.ts';

const faults: [string, Parameters<typeof manifest>[0], string][] = [
  [
    'wrong type',
    { container: { args: [1] } },
    'spec.containers[0].args[0]: Invalid value: 1: must be a string',
  ],
  ['list for object', { metadata: { labels: [] } }, 'metadata.labels: Invalid value: []: must be an object'],
  ['no name', { metadata: { name: '' } }, 'metadata.name: Required value'],
  ['no image', { container: { image: '' } }, 'spec.containers[0].image: Required value'],
  [
    'a restart policy of a container',
    { container: { restartPolicy: 'always' } },
    'spec.containers[0].restartPolicy: Unsupported value: "always": supported values: "Always", "Never", "OnFailure"',
  ],
  [
    'restart rules without a policy',
    {
      container: { restartPolicyRules: [{ action: 'Restart', exitCodes: { operator: 'In', values: [1] } }] },
    },
    'spec.containers[0].restartPolicy: Required value: must specify restartPolicy when restart rules are used',
  ],
  [
    'an unknown action',
    {
      container: {
        restartPolicy: 'Never',
        restartPolicyRules: [{ action: 'Stop', exitCodes: { operator: 'In' } }],
      },
    },
    'spec.containers[0].restartPolicyRules[0].action: Unsupported value: "Stop": supported values: "Restart", "RestartAllContainers"',
  ],
  [
    'a rule without exit codes',
    { container: { restartPolicy: 'Never', restartPolicyRules: [{ action: 'Restart' }] } },
    'spec.containers[0].restartPolicyRules[0].exitCodes: Required value: must be specified',
  ],
  [
    'an unknown operator',
    {
      container: {
        restartPolicy: 'Never',
        restartPolicyRules: [{ action: 'Restart', exitCodes: { operator: '<' } }],
      },
    },
    'spec.containers[0].restartPolicyRules[0].exitCodes.operator: Unsupported value: "<": supported values: "In", "NotIn"',
  ],
  [
    'too many rules',
    {
      container: {
        restartPolicy: 'Never',
        restartPolicyRules: Array(21).fill({ action: 'Restart', exitCodes: { operator: 'In', values: [1] } }),
      },
    },
    'spec.containers[0].restartPolicyRules: Too many: 21: must have at most 20 items',
  ],
  [
    'a hook that does nothing',
    { container: { lifecycle: { preStop: {} } } },
    'spec.containers[0].lifecycle.preStop: Required value: must specify a handler type',
  ],
  [
    'a hook that does two things',
    { container: { lifecycle: { preStop: { sleep: { seconds: 1 }, exec: { command: ['x'] } } } } },
    'spec.containers[0].lifecycle.preStop.sleep: Forbidden: may not specify more than 1 handler type',
  ],
  [
    'a hook that sleeps too long',
    { container: { lifecycle: { preStop: { sleep: { seconds: 31 } } } } },
    'spec.containers[0].lifecycle.preStop.sleep: Invalid value: 31: must be non-negative and less than terminationGracePeriodSeconds (30)',
  ],
  [
    'a hook without a command',
    { container: { lifecycle: { postStart: { exec: {} } } } },
    'spec.containers[0].lifecycle.postStart.exec.command: Required value',
  ],
  [
    'a stop signal without an operating system',
    { container: { lifecycle: { stopSignal: 'SIGUSR1' } } },
    'spec.containers[0].lifecycle.stopSignal: Forbidden: may not be set for containers with empty `spec.os.name`',
  ],
  [
    'an unknown stop signal',
    { container: { lifecycle: { stopSignal: 'USR1' } }, spec: { os: { name: 'linux' } } },
    'spec.containers[0].lifecycle.stopSignal: Unsupported value: "USR1": supported values: "SIGABRT"',
  ],
  [
    'a hook of an init container',
    {
      spec: {
        initContainers: [{ name: 'i', image: 'a', lifecycle: { postStart: { sleep: { seconds: 1 } } } }],
      },
    },
    'spec.initContainers[0].lifecycle: Forbidden: may not be set for init containers without restartPolicy=Always',
  ],
  [
    'an ephemeral container of a name that is taken',
    { spec: { ephemeralContainers: [{ name: 'main', image: 'a' }] } },
    'spec.ephemeralContainers[0].name: Duplicate value: "main"',
  ],
  [
    'an ephemeral container for one that does not exist',
    { spec: { ephemeralContainers: [{ name: 'e', image: 'a', targetContainerName: 'e' }] } },
    'spec.ephemeralContainers[0].targetContainerName: Not found: "e"',
  ],
  [
    'an ephemeral container with a port',
    { spec: { ephemeralContainers: [{ name: 'e', image: 'a', ports: [{ containerPort: 1 }] }] } },
    'spec.ephemeralContainers[0].ports: Forbidden: cannot be set for an Ephemeral Container',
  ],
  [
    'an ephemeral container with a subPath',
    {
      spec: {
        volumes: [{ name: 'v' }],
        ephemeralContainers: [
          { name: 'e', image: 'a', volumeMounts: [{ name: 'v', mountPath: '/v', subPath: 'x' }] },
        ],
      },
    },
    'spec.ephemeralContainers[0].volumeMounts[0].subPath: Forbidden: cannot be set for an Ephemeral Container',
  ],
  ['no containers', { spec: { containers: [] } }, 'spec.containers: Required value'],
  [
    'bad pod name',
    { metadata: { name: 'Web_1' } },
    'metadata.name: Invalid value: "Web_1-node-1": a lowercase RFC 1123',
  ],
  ['bad container name', { container: { name: 'a.b' } }, 'spec.containers[0].name: Invalid value: "a.b"'],
  [
    'a part of an extended resource',
    { container: { resources: { limits: { 'vendor.com/gpu': '500m' } } } },
    'spec.containers[0].resources.limits[vendor.com/gpu]: Invalid value: "500m": must be an integer',
  ],
  [
    'an extended resource without a limit',
    { container: { resources: { requests: { 'vendor.com/gpu': 1 } } } },
    'spec.containers[0].resources.limits: Required value: Limit must be set for non overcommitable resources',
  ],
  [
    'a label that cannot be',
    { container: { env: [{ name: 'A', valueFrom: { fieldRef: { fieldPath: "metadata.labels['A b']" } } }] } },
    'spec.containers[0].env[0].valueFrom.fieldRef: Invalid value: "A b": name part must consist of letters',
  ],
  ['bad label', { metadata: { labels: { a: 'ä' } } }, 'metadata.labels[a]: Invalid value: "ä"'],
  [
    'bad enum',
    { spec: { restartPolicy: 'always' } },
    'spec.restartPolicy: Unsupported value: "always": supported values: "Always", "Never", "OnFailure"',
  ],
  [
    'port',
    { container: { ports: [{ containerPort: 70000 }] } },
    'ports[0].containerPort: Invalid value: 70000: must be between 1 and 65535',
  ],
  [
    'no port',
    { container: { ports: [{ name: 'x' }] } },
    'spec.containers[0].ports[0].containerPort: Required value',
  ],
  [
    'quantity',
    { container: { resources: { limits: { cpu: '1x' } } } },
    'spec.containers[0].resources.limits[cpu]: Invalid value: "1x": quantities must match',
  ],
  [
    'request over limit',
    { container: { resources: { limits: { cpu: 1 }, requests: { cpu: 2 } } } },
    'must be less than or equal to cpu limit of 1',
  ],
  [
    'resize policy',
    { container: { resizePolicy: [{ resourceName: 'disk', restartPolicy: 'NotRequired' }] } },
    'spec.containers[0].resizePolicy: Unsupported value: "disk": supported values: "cpu", "memory"',
  ],
  [
    'resize policy without a resource',
    { container: { resizePolicy: [{ resourceName: '', restartPolicy: 'NotRequired' }] } },
    'spec.containers[0].resizePolicy: Required value',
  ],
  [
    'resize policy of a policy that is none',
    { container: { resizePolicy: [{ resourceName: 'cpu', restartPolicy: 'Maybe' }] } },
    'spec.containers[0].resizePolicy: Unsupported value: "Maybe": supported values: "NotRequired", "RestartContainer"',
  ],
  [
    'two resize policies of one resource',
    {
      container: {
        resizePolicy: [
          { resourceName: 'cpu', restartPolicy: 'NotRequired' },
          { resourceName: 'cpu', restartPolicy: 'RestartContainer' },
        ],
      },
    },
    'spec.containers[0].resizePolicy[1]: Duplicate value: "cpu"',
  ],
  [
    'a resize that restarts what never restarts',
    {
      spec: { restartPolicy: 'Never' },
      container: { resizePolicy: [{ resourceName: 'cpu', restartPolicy: 'RestartContainer' }] },
    },
    "spec.containers[0].resizePolicy: Invalid value: \"RestartContainer\": must be 'NotRequired' when pod `restartPolicy` is 'Never'",
  ],
  [
    'a resize that restarts an init container',
    {
      spec: {
        initContainers: [
          {
            name: 'i',
            image: 'i',
            resizePolicy: [{ resourceName: 'cpu', restartPolicy: 'RestartContainer' }],
          },
        ],
      },
    },
    'spec.initContainers[0].resizePolicy[0].restartPolicy: Invalid value: "RestartContainer": must not be set to \'RestartContainer\' for non-sidecar initContainers',
  ],
  [
    'a host port twice',
    {
      container: {
        ports: [
          { containerPort: 1, hostPort: 2 },
          { containerPort: 3, hostPort: 2 },
        ],
      },
    },
    'spec.containers[0].ports[1].hostPort: Duplicate value: "TCP//2"',
  ],
  [
    'unknown volume',
    { container: { volumeMounts: [{ name: 'v', mountPath: '/v' }] } },
    'spec.containers[0].volumeMounts[0].name: Not found: "v"',
  ],
  [
    'duplicate volume',
    { spec: { volumes: [{ name: 'v' }, { name: 'v' }] } },
    'spec.volumes[1].name: Duplicate value: "v"',
  ],
  [
    'two sources',
    { spec: { volumes: [{ name: 'v', emptyDir: {}, hostPath: { path: '/' } }] } },
    'may not specify more than 1 volume type',
  ],
  [
    'duplicate container',
    { spec: { initContainers: [{ name: 'main', image: 'a' }] } },
    'spec.initContainers[0].name: Duplicate value: "main"',
  ],
  [
    'host path',
    { spec: { volumes: [{ name: 'v', hostPath: { path: '/a/../b' } }] } },
    'spec.volumes[0].hostPath.path: Invalid value: "/a/../b": must not contain \'..\'',
  ],
  [
    'sub path',
    {
      spec: { volumes: [{ name: 'v' }] },
      container: { volumeMounts: [{ name: 'v', mountPath: '/v', subPath: '../x' }] },
    },
    'subPath: Invalid value: "../x"',
  ],
  [
    'propagation',
    {
      spec: { volumes: [{ name: 'v' }] },
      container: { volumeMounts: [{ name: 'v', mountPath: '/v', mountPropagation: 'Bidirectional' }] },
    },
    'only to privileged containers',
  ],
  [
    'field path',
    { container: { env: [{ name: 'A', valueFrom: { fieldRef: { fieldPath: 'status.phase' } } }] } },
    'fieldRef.fieldPath: Unsupported value: "status.phase"',
  ],
  [
    'two values',
    {
      container: {
        env: [{ name: 'A', value: 'x', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } }],
      },
    },
    'may not be specified when `value` is not empty',
  ],
  [
    'huge pages',
    { container: { resources: { limits: { 'hugepages-2Mi': '2Mi' } } } },
    'spec.containers[0].resources: Forbidden: HugePages require cpu or memory',
  ],
  [
    'a part of a huge page',
    { container: { resources: { limits: { cpu: '1', 'hugepages-2Mi': '3Mi' } } } },
    'limits[hugepages-2Mi]: Invalid value: "3Mi": 3Mi is not positive integer multiple of hugepages-2Mi',
  ],
  [
    'fewer huge pages than the limit',
    {
      container: {
        resources: { limits: { cpu: '1', 'hugepages-2Mi': '4Mi' }, requests: { 'hugepages-2Mi': '2Mi' } },
      },
    },
    'resources.requests: Invalid value: "2Mi": must be equal to hugepages-2Mi limit of 4Mi',
  ],
  [
    'huge pages without a limit',
    { container: { resources: { requests: { cpu: '1', 'hugepages-2Mi': '2Mi' } } } },
    'resources.limits: Required value: Limit must be set for non overcommitable resources',
  ],
  [
    'fc volume',
    { spec: { volumes: [{ name: 's', fc: { wwids: ['w'] } }] } },
    'spec.volumes[0].fc: Forbidden: not supported by this kubelet yet',
  ],
  [
    'seccomp',
    { spec: { securityContext: { seccompProfile: { type: 'Localhost' } } } },
    'seccompProfile.localhostProfile: Required value',
  ],
  ['dns', { spec: { dnsPolicy: 'None' } }, 'spec.dnsConfig: Required value: must provide `dnsConfig`'],
  [
    'dns without a server',
    { spec: { dnsPolicy: 'None', dnsConfig: {} } },
    'spec.dnsConfig.nameservers: Required value: must provide at least one DNS nameserver when `dnsPolicy` is None',
  ],
  [
    'dns with a long list to search',
    { spec: { dnsConfig: { searches: Array.from({ length: 20 }, () => 'a.'.repeat(60)) } } },
    'must not have more than 2048 characters (including spaces) in the search list',
  ],
  [
    'a newline in a DNS option, which would add a line to resolv.conf',
    { spec: { dnsConfig: { options: [{ name: 'ndots', value: '5\nnameserver 6.6.6.6' }] } } },
    'spec.dnsConfig.options[0].value: Invalid value',
  ],
  [
    'a newline in a DNS search domain',
    { spec: { dnsConfig: { searches: ['a\nnameserver 6.6.6.6'] } } },
    'spec.dnsConfig.searches[0]: Invalid value',
  ],
  [
    'a newline in a name of hostAliases',
    { spec: { hostAliases: [{ ip: '1.1.1.1', hostnames: ['a\n6.6.6.6 b'] }] } },
    'spec.hostAliases[0].hostnames: Invalid value',
  ],
  [
    'escalation',
    { container: { securityContext: { privileged: true, allowPrivilegeEscalation: false } } },
    'cannot set `allowPrivilegeEscalation` to false',
  ],
];
for (const [name, changes, expected] of faults) {
  test(`refused: ${name}`, () => {
    const message = faultOf(manifest(changes));
    assert.ok(message.includes(expected), `${message}\n  does not say\n${expected}`);
  });
}

const accepted: [string, Parameters<typeof manifest>[0]][] = [
  ['what says nothing', { spec: { hostUsers: true, imagePullSecrets: [], serviceAccountName: '' } }],
  [
    'a search domain that begins with an underscore',
    { spec: { dnsConfig: { searches: ['_tcp.a.b', 'a.'] } } },
  ],
  [
    'scheduling',
    {
      spec: {
        nodeSelector: { a: 'b' },
        priorityClassName: 'system-node-critical',
        affinity: {},
        os: { name: 'linux' },
      },
    },
  ],
  [
    'volumes',
    {
      spec: {
        volumes: [
          { name: 'a' },
          { name: 'b', emptyDir: { medium: 'Memory', sizeLimit: '1Mi' } },
          { name: 'c', hostPath: { path: '/tmp', type: 'Directory' } },
        ],
      },
    },
  ],
];
for (const [name, changes] of accepted) test(`accepted: ${name}`, () => void podOf(manifest(changes)));

const withoutEffect: [string, Parameters<typeof manifest>[0], string][] = [
  [
    'unknown field',
    { container: { imgae: 'x' } },
    'strict decoding error: unknown field "spec.containers[0].imgae" (did you mean "image"?)',
  ],
  [
    'unknown field at the top',
    { spec: { volume: [] } },
    'strict decoding error: unknown field "spec.volume" (did you mean "volumes"?)',
  ],
  [
    'host port of an init container',
    { spec: { initContainers: [{ name: 'i', image: 'a', ports: [{ containerPort: 80, hostPort: 80 }] }] } },
    'spec.initContainers[0].ports[0].hostPort: Ignored: init containers get no host ports',
  ],
  [
    'disk',
    { container: { resources: { limits: { 'ephemeral-storage': '1Gi' } } } },
    'spec.containers[0].resources.limits[ephemeral-storage]: Ignored: disk is not enforced by this kubelet yet',
  ],
  [
    'size on disk',
    { spec: { volumes: [{ name: 'v', emptyDir: { sizeLimit: '1Mi' } }] } },
    'spec.volumes[0].emptyDir.sizeLimit: Ignored: on disk only eviction enforces it, and Kubernetes evicts no static pod',
  ],
];
for (const [name, changes, expected] of withoutEffect) {
  test(`without effect, and told: ${name}`, () => {
    const warnings = warningsOf(manifest(changes));
    assert.ok(warnings.includes(expected), `${warnings}\n  do not say\n${expected}`);
  });
}

const read: [string, Parameters<typeof manifest>[0], (pod: Pod) => unknown, unknown][] = [
  [
    'memory in thousandths is rounded up where it is used',
    { container: { resources: { limits: { memory: '400m' } } } },
    (pod) => pod.spec.containers[0]?.resources.limits?.memory,
    '400m',
  ],
  [
    'a large quantity in thousandths',
    { container: { resources: { limits: { memory: '1181116006400m' } } } },
    (pod) => bytes(pod.spec.containers[0]?.resources.limits?.memory ?? 0),
    1_181_116_007n,
  ],
  [
    'blanks around a quantity',
    { container: { resources: { limits: { memory: ' 1Gi ' } } } },
    (pod) => pod.spec.containers[0]?.resources.limits?.memory,
    '1Gi',
  ],
  ['null in a list', { container: { args: [null, 'a'] } }, (pod) => pod.spec.containers[0]?.args, ['', 'a']],
  [
    'a sysctl without a value',
    { spec: { securityContext: { sysctls: [{ name: 'net.ipv4.tcp_syncookies' }] } } },
    (pod) => pod.spec.securityContext.sysctls,
    [{ name: 'net.ipv4.tcp_syncookies', value: '' }],
  ],
];
for (const [name, changes, of, expected] of read) {
  test(`read: ${name}`, () => assert.deepEqual(of(podOf(manifest(changes))), expected));
}

test('integers of 64 bits are read, those of 32 keep their range', () => {
  const grace = (seconds: string): string =>
    manifest({ spec: { terminationGracePeriodSeconds: 'N' } }).replace('"N"', seconds);
  assert.equal(podOf(grace('9223372036854775807')).spec.terminationGracePeriodSeconds, 2 ** 53 - 1);
  assert.equal(podOf(grace('9007199254740991')).spec.terminationGracePeriodSeconds, 2 ** 53 - 1);
  assert.match(faultOf(grace('9223372036854775808')), /terminationGracePeriodSeconds: Invalid value: /);
  const priority = manifest({ spec: { priority: 'N' } }).replace('"N"', '2147483648');
  assert.match(faultOf(priority), /spec\.priority: Invalid value: 2147483648/);
});
