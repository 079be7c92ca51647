// Fields of pods that are no fields of their containers: names, placement, network, volumes.
import { execFileSync } from 'node:child_process';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  type End,
  type Entry,
  fields,
  image,
  inArea,
  type ManifestCase,
  shell,
  yamlPod,
} from './manifest-case.ts';

/** A pod whose spec has these fields; a script shows what comes of them. */
const spec = (name: string, value: object, script?: string, end?: End): Entry =>
  script === undefined
    ? fields(name, {}, { spec: value })
    : shell(name, script, {}, { spec: value, ...(end && { end }) });

const metadata = (name: string, value: object | ((pod: string) => object)): Entry =>
  fields(name, {}, { metadata: value });

const identity: Entry[] = [
  metadata('an uppercase name', (pod) => ({ name: `${pod}-Upper` })),
  metadata('a name with an underscore', (pod) => ({ name: `${pod}-under_score` })),
  metadata('a name of 300 letters', (pod) => ({ name: `${pod}-${'n'.repeat(300)}` })),
  metadata('a number for a name', { name: 5 }),
  metadata('an empty name', { name: '' }),
  metadata('generateName and no name', (pod) => ({ name: undefined, generateName: `${pod}-` })),
  metadata('generateName and a name', (pod) => ({ generateName: `${pod}-` })),
  metadata('a namespace', { namespace: 'other' }),
  metadata('an uppercase namespace', { namespace: 'Other' }),
  metadata('an empty namespace', { namespace: '' }),
  metadata('a UID', { uid: 'aaaaaaaa-parity' }),
  metadata('a UID of odd letters', { uid: 'a b' }),
  metadata('labels', { labels: { 'example.com/a': 'b', c: '' } }),
  metadata('a bad label value', { labels: { a: 'b c' } }),
  metadata('a bad label key', { labels: { 'a b': 'c' } }),
  metadata('annotations', { annotations: { 'Example.com/A': 'any\ntext', b: '' } }),
  metadata('a bad annotation key', { annotations: { 'a b': 'c' } }),
  metadata('the annotations of a static pod', {
    annotations: { 'kubernetes.io/config.source': 'api', 'kubernetes.io/config.hash': 'x' },
  }),
  metadata('annotations of 300 KiB', { annotations: { a: 'x'.repeat(300 * 1024) } }),
  metadata('owner references', {
    ownerReferences: [{ apiVersion: 'v1', kind: 'Node', name: 'n', uid: 'u' }],
  }),
  metadata('a bad owner reference', { ownerReferences: [{ kind: 'Node' }] }),
  metadata('a finalizer', { finalizers: ['example.com/wait'] }),
  metadata('a bad finalizer', { finalizers: ['nothing'] }),
  metadata('a time of creation', { creationTimestamp: '2026-01-02T03:04:05Z' }),
  metadata('a bad time of creation', { creationTimestamp: 'yesterday' }),
  metadata('what an API server adds', {
    resourceVersion: '7',
    generation: 3,
    selfLink: '/x',
    managedFields: [
      { manager: 'm', operation: 'Update', apiVersion: 'v1', fieldsType: 'FieldsV1', fieldsV1: {} },
    ],
  }),
  fields('a status', {}, { top: { status: { phase: 'Failed', podIP: '192.0.2.1', message: 'no' } } }),
  fields('a bad status', {}, { top: { status: { phase: 7 } } }),
  fields('no apiVersion', {}, { top: { apiVersion: undefined } }),
  fields('an empty apiVersion', {}, { top: { apiVersion: '' } }),
  fields('another apiVersion', {}, { top: { apiVersion: 'v2' } }),
  fields('apiVersion core/v1', {}, { top: { apiVersion: 'core/v1' } }),
  fields('no kind', {}, { top: { kind: undefined } }),
  fields('kind in lower case', {}, { top: { kind: 'pod' } }),
  fields('kind PodTemplate', {}, { top: { kind: 'PodTemplate' } }),
  fields('kind Deployment', {}, { top: { apiVersion: 'apps/v1', kind: 'Deployment' } }),
  fields('no metadata', {}, { top: { metadata: undefined } }),
  fields('no spec', {}, { top: { spec: undefined } }),
];

const affinity = (values: string[]) => ({
  nodeAffinity: {
    requiredDuringSchedulingIgnoredDuringExecution: {
      nodeSelectorTerms: [{ matchExpressions: [{ key: 'kubernetes.io/os', operator: 'In', values }] }],
    },
  },
});

const lifetime: Entry[] = [
  spec('restartPolicy OnFailure', { restartPolicy: 'OnFailure' }),
  spec('restartPolicy in lower case', { restartPolicy: 'never' }),
  spec('restartPolicy empty', { restartPolicy: '' }, 'exec sleep 3600', 'running'),
  spec('no restartPolicy', { restartPolicy: undefined }, 'exec sleep 3600', 'running'),
  shell('exit code 3', 'exit 3'),
  spec('a grace period below 0', { terminationGracePeriodSeconds: -5 }),
  spec('a deadline of 0', { activeDeadlineSeconds: 0 }),
  spec('a deadline beyond 32 bits', { activeDeadlineSeconds: 3_000_000_000 }),
  spec(
    'a deadline that passes',
    { activeDeadlineSeconds: 1, terminationGracePeriodSeconds: 1 },
    'exec sleep 3600',
  ),
  spec('another nodeName', { nodeName: 'elsewhere' }),
  spec('a nodeSelector that fits', { nodeSelector: { 'kubernetes.io/os': 'linux' } }),
  spec('a nodeSelector that does not fit', { nodeSelector: { 'kubernetes.io/os': 'plan9' } }),
  spec('a bad nodeSelector', { nodeSelector: { 'a b': 'c' } }),
  spec('affinity that fits', { affinity: affinity(['linux']) }),
  spec('affinity that does not fit', { affinity: affinity(['plan9']) }),
  spec('affinity without terms', {
    affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [] } } },
  }),
  spec('a bad operator of affinity', {
    affinity: {
      nodeAffinity: {
        requiredDuringSchedulingIgnoredDuringExecution: {
          nodeSelectorTerms: [{ matchExpressions: [{ key: 'a', operator: 'is', values: ['b'] }] }],
        },
      },
    },
  }),
  spec('podAntiAffinity', {
    affinity: {
      podAntiAffinity: {
        requiredDuringSchedulingIgnoredDuringExecution: [
          { topologyKey: 'kubernetes.io/hostname', labelSelector: { matchLabels: { a: 'b' } } },
        ],
      },
    },
  }),
  spec('podAntiAffinity without a topologyKey', {
    affinity: {
      podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [{ labelSelector: {} }] },
    },
  }),
  spec('tolerations', { tolerations: [{ key: 'a', operator: 'Equal', value: 'b', effect: 'NoSchedule' }] }),
  spec('a bad toleration', { tolerations: [{ key: 'a', operator: 'Like' }] }),
  spec('topologySpreadConstraints', {
    topologySpreadConstraints: [{ maxSkew: 1, topologyKey: 'zone', whenUnsatisfiable: 'DoNotSchedule' }],
  }),
  spec('bad topologySpreadConstraints', {
    topologySpreadConstraints: [{ maxSkew: 0, topologyKey: '', whenUnsatisfiable: 'Maybe' }],
  }),
  spec('a priorityClassName', { priorityClassName: 'system-node-critical' }),
  spec('an unknown priorityClassName', { priorityClassName: 'mine' }),
  spec('a bad priorityClassName', { priorityClassName: 'Mine!' }),
  spec('a priority', { priority: 2_000_001_000 }),
  spec('preemptionPolicy', { preemptionPolicy: 'Never' }),
  spec('a bad preemptionPolicy', { preemptionPolicy: 'Sometimes' }),
  spec('schedulerName', { schedulerName: 'mine' }),
  spec('os linux', { os: { name: 'linux' } }),
  spec('os windows', { os: { name: 'windows' } }),
  spec('os empty', { os: { name: '' } }),
  spec('enableServiceLinks', { enableServiceLinks: false }),
  spec('automountServiceAccountToken', { automountServiceAccountToken: true }),
  spec('no containers', { containers: [] }),
  spec('two containers of one name', {
    containers: [
      { name: 'main', image },
      { name: 'main', image },
    ],
  }),
  spec('init containers in turn', {
    initContainers: [
      { name: 'one', image, command: ['/bin/echo', '1'] },
      { name: 'two', image, command: ['/bin/echo', '2'] },
    ],
  }),
  spec('an init container that fails', {
    initContainers: [{ name: 'one', image, command: ['/bin/sh', '-c', 'exit 4'] }],
  }),
  spec('an init container of the same name', { initContainers: [{ name: 'main', image }] }),
  spec('an init container with a hostPort', {
    initContainers: [
      { name: 'one', image, command: ['/bin/echo', '1'], ports: [{ containerPort: 80, hostPort: 18_081 }] },
    ],
  }),
  spec('an ephemeral container', { ephemeralContainers: [{ name: 'debug', image }] }),
  spec('a scheduling gate', { schedulingGates: [{ name: 'example.com/wait' }] }),
  spec('a service account', { serviceAccountName: 'mine' }),
  spec('an image pull secret', { imagePullSecrets: [{ name: 'mine' }] }),
  spec('a resource claim', { resourceClaims: [{ name: 'a', resourceClaimName: 'b' }] }),
];

const network: Entry[] = [
  spec('hostNetwork', { hostNetwork: true }),
  spec('hostPID', { hostPID: true }),
  spec('hostIPC', { hostIPC: true }),
  spec('shareProcessNamespace', { shareProcessNamespace: true }),
  spec('shareProcessNamespace and hostPID', { shareProcessNamespace: true, hostPID: true }),
  spec('hostUsers true', { hostUsers: true }),
  spec('a hostname', { hostname: 'box', subdomain: 'sub' }, 'hostname; cat /etc/hostname'),
  spec('an uppercase hostname', { hostname: 'Box' }),
  spec('a hostname with dots', { hostname: 'a.b' }),
  spec('a subdomain alone', { subdomain: 'sub' }, 'hostname'),
  spec('setHostnameAsFQDN', { setHostnameAsFQDN: true, hostname: 'box' }, 'hostname'),
  fields(
    'a name beyond a hostname',
    { command: ['/bin/hostname'] },
    { metadata: (pod) => ({ name: `${pod}-${'n'.repeat(60)}` }) },
  ),
  spec(
    'dnsPolicy None',
    {
      dnsPolicy: 'None',
      dnsConfig: {
        nameservers: ['192.0.2.53'],
        searches: ['a.b'],
        options: [{ name: 'ndots', value: '2' }, { name: 'edns0' }],
      },
    },
    'cat /etc/resolv.conf',
  ),
  spec('dnsPolicy None without a server', { dnsPolicy: 'None' }),
  spec('dnsPolicy Default', { dnsPolicy: 'Default' }),
  spec('dnsPolicy ClusterFirstWithHostNet', { dnsPolicy: 'ClusterFirstWithHostNet', hostNetwork: true }),
  spec('dnsPolicy in lower case', { dnsPolicy: 'default' }),
  spec('a bad name server', { dnsConfig: { nameservers: ['a'] } }),
  spec('four name servers', {
    dnsPolicy: 'None',
    dnsConfig: { nameservers: ['192.0.2.1', '192.0.2.2', '192.0.2.3', '192.0.2.4'] },
  }),
  spec('40 search domains', {
    dnsPolicy: 'None',
    dnsConfig: { nameservers: ['192.0.2.53'], searches: Array.from({ length: 40 }, (_, n) => `s${n}.a`) },
  }),
  spec(
    '20 search domains',
    {
      dnsPolicy: 'None',
      dnsConfig: { nameservers: ['192.0.2.53'], searches: Array.from({ length: 20 }, (_, n) => `s${n}.a`) },
    },
    'cat /etc/resolv.conf',
  ),
  spec(
    'search domains with underscores and dots',
    { dnsPolicy: 'None', dnsConfig: { nameservers: ['192.0.2.53'], searches: ['_a.b', 'c.d.', '.'] } },
    'cat /etc/resolv.conf',
  ),
  spec('a DNS option without a name', { dnsConfig: { options: [{ value: '1' }] } }),
  spec(
    'hostAliases',
    { hostAliases: [{ ip: '192.0.2.8', hostnames: ['a', 'b.c'] }, { ip: '192.0.2.9' }] },
    'grep 192.0.2 /etc/hosts',
  ),
  spec('a bad host alias', { hostAliases: [{ ip: 'a', hostnames: ['b'] }] }),
  spec('a bad host name of an alias', { hostAliases: [{ ip: '192.0.2.8', hostnames: ['A_B'] }] }),
  shell('hosts', 'grep -v 10.NET /etc/hosts'),
  spec(
    'a safe sysctl',
    { securityContext: { sysctls: [{ name: 'net.ipv4.ip_unprivileged_port_start', value: '7' }] } },
    'cat /proc/sys/net/ipv4/ip_unprivileged_port_start',
  ),
  spec(
    'a sysctl with slashes',
    { securityContext: { sysctls: [{ name: 'net/ipv4/ip_unprivileged_port_start', value: '7' }] } },
    'cat /proc/sys/net/ipv4/ip_unprivileged_port_start',
  ),
  spec('an unsafe sysctl', { securityContext: { sysctls: [{ name: 'net.ipv4.ip_forward', value: '1' }] } }),
  spec('a sysctl of no namespace', { securityContext: { sysctls: [{ name: 'vm.swappiness', value: '1' }] } }),
  spec('a sysctl twice', {
    securityContext: {
      sysctls: [
        { name: 'kernel.shm_rmid_forced', value: '1' },
        { name: 'kernel.shm_rmid_forced', value: '0' },
      ],
    },
  }),
  spec('a sysctl of the host network', {
    hostNetwork: true,
    securityContext: { sysctls: [{ name: 'net.ipv4.ip_unprivileged_port_start', value: '7' }] },
  }),
];

/** A pod whose container has these resources, and whose spec has these fields. */
const sized = (name: string, resources: object, value: object = {}, end?: End): Entry =>
  fields(name, { resources }, { spec: value, ...(end && { end }) });

const small = { cpu: '100m', memory: '32Mi' };

const admission: Entry[] = [
  sized('overhead', { limits: small, requests: small }, { overhead: { cpu: '50m', memory: '16Mi' } }),
  sized('overhead without limits', {}, { overhead: { cpu: '50m', memory: '16Mi' } }),
  sized('bad overhead', {}, { overhead: { gpu: '1' } }),
  sized("a pod's own limits", {}, { resources: { limits: { cpu: '200m', memory: '64Mi' } } }),
  sized("a pod's own requests", {}, { resources: { requests: { cpu: '200m', memory: '64Mi' } } }),
  sized(
    "a pod's own resources, guaranteed",
    {},
    { resources: { limits: { cpu: '200m', memory: '64Mi' }, requests: { cpu: '200m', memory: '64Mi' } } },
  ),
  sized(
    "a pod's own resources and its containers'",
    { limits: small },
    { resources: { limits: { cpu: '200m', memory: '64Mi' }, requests: { cpu: '150m', memory: '48Mi' } } },
  ),
  sized("a pod's own disk", {}, { resources: { limits: { 'ephemeral-storage': '1Gi' } } }),
  sized(
    'a pod that requests less than its container',
    { requests: small },
    { resources: { requests: { cpu: '1m' } } },
  ),
  sized(
    'a pod that limits less than its container',
    { limits: small },
    { resources: { limits: { cpu: '1m' } } },
  ),
  sized('huge pages alone', { limits: { 'hugepages-2Mi': '2Mi' } }),
  sized('huge pages that the node lacks', { limits: { ...small, 'hugepages-2Mi': '2Mi' } }),
  sized('half a huge page', { limits: { ...small, 'hugepages-2Mi': '1Mi' } }),
  sized('no huge pages', { limits: { ...small, 'hugepages-2Mi': '0' } }),
  sized('more disk than there is', { requests: { 'ephemeral-storage': '1000Ti' } }),
  sized('more memory than there is', { requests: { memory: '100Ti' } }),
  sized(
    'more CPUs than there are, with a priority',
    { requests: { cpu: '1000' } },
    { priority: 2_000_001_000 },
  ),
  spec('os windows', { os: { name: 'windows' } }),
  spec('os windows with options of Linux', { os: { name: 'windows' }, hostUsers: false }),
  spec('a node selector of another node', { nodeSelector: { a: 'b' } }),
  spec('required affinity to another node', {
    affinity: {
      nodeAffinity: {
        requiredDuringSchedulingIgnoredDuringExecution: {
          nodeSelectorTerms: [{ matchExpressions: [{ key: 'a', operator: 'In', values: ['b'] }] }],
        },
      },
    },
  }),
  spec('affinity by an unknown operator', {
    affinity: {
      nodeAffinity: {
        requiredDuringSchedulingIgnoredDuringExecution: {
          nodeSelectorTerms: [{ matchExpressions: [{ key: 'a', operator: 'Near' }] }],
        },
      },
    },
  }),
  metadata('a label of another operating system', { labels: { 'kubernetes.io/os': 'windows' } }),
  fields('AppArmor where there is none', {
    securityContext: { appArmorProfile: { type: 'RuntimeDefault' } },
  }),
  spec('own users', { hostUsers: false }, "tr -s ' ' < /proc/self/uid_map | cut -d' ' -f2,4"),
  spec('own users and the host network', { hostUsers: false, hostNetwork: true }),
  fields(
    'an unmasked /proc with own users',
    { securityContext: { procMount: 'Unmasked' } },
    { spec: { hostUsers: false } },
  ),
  fields("an unmasked /proc with the host's users", { securityContext: { procMount: 'Unmasked' } }),
  spec(
    'hostnameOverride',
    { hostnameOverride: 'any.name', subdomain: 's' },
    'hostname; tail -n1 /etc/hosts | cut -f2-',
  ),
  spec('hostnameOverride and the host network', { hostnameOverride: 'any', hostNetwork: true }),
  spec('hostnameOverride with a capital', { hostnameOverride: 'Any' }),
  spec('an own name for the host network', { hostnameOverride: 'any', setHostnameAsFQDN: true }),
];

/** A volume `v` at /v, and a script. */
const volume = (
  name: string,
  source: object,
  script = 'ls -ld /v | cut -c1-10',
  mount: object = {},
  end: End = 'ended',
): Entry =>
  shell(
    name,
    script,
    { volumeMounts: [{ name: 'v', mountPath: '/v', ...mount }] },
    { spec: { volumes: [{ name: 'v', ...source }] }, end },
  );

const onTmpfs = (words: string) => `grep ' /v ' /proc/mounts | grep -o '${words}'; stat -c %a /v`;

/** A pod that mounts a folder of the host, which the case makes. */
function hostPath(
  name: string,
  type: string | undefined,
  path: string,
  script = 'ls /v',
  end: End = 'ended',
): Entry {
  return {
    name,
    end,
    files: (pod) => ({
      [`${pod}.json`]: JSON.stringify({
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: { name: pod },
        spec: {
          restartPolicy: 'Never',
          volumes: [{ name: 'v', hostPath: { path, ...(type !== undefined && { type }) } }],
          containers: [
            {
              name: 'main',
              image,
              command: ['/bin/sh', '-c', script],
              volumeMounts: [{ name: 'v', mountPath: '/v' }],
            },
          ],
        },
      }),
    }),
  };
}

/** What hostPath cases mount: the same for both nodes, read only by name. */
const hostFolder = '/usr/share/zoneinfo';

const volumes: Entry[] = [
  volume('emptyDir', { emptyDir: {} }),
  volume('no source', {}),
  volume('emptyDir null', { emptyDir: null }),
  volume('emptyDir with sizeLimit', { emptyDir: { sizeLimit: '10Mi' } }),
  volume('emptyDir in memory', { emptyDir: { medium: 'Memory' } }, onTmpfs('tmpfs')),
  volume(
    'emptyDir in memory with sizeLimit',
    { emptyDir: { medium: 'Memory', sizeLimit: '4Mi' } },
    onTmpfs('size=[0-9]*k'),
  ),
  volume(
    'emptyDir in memory with a fraction',
    { emptyDir: { medium: 'Memory', sizeLimit: '4500000m' } },
    onTmpfs('size=[0-9]*k'),
  ),
  volume(
    'emptyDir in memory with sizeLimit 0',
    { emptyDir: { medium: 'Memory', sizeLimit: '0' } },
    onTmpfs('tmpfs'),
  ),
  volume('emptyDir with a negative sizeLimit', { emptyDir: { sizeLimit: '-1' } }),
  volume('emptyDir of an unknown medium', { emptyDir: { medium: 'memory' } }, 'true', {}, 'no sandbox'),
  volume('two sources', { emptyDir: {}, hostPath: { path: hostFolder } }),
  volume('an unknown source', { floppy: { drive: 'A:' } }),
  volume('ReadOnly mount', { emptyDir: {} }, 'touch /v/x', { readOnly: true }),
  volume('a relative mountPath', { emptyDir: {} }, 'ls -d /data', { mountPath: 'data' }),
  volume('a mountPath with a dot', { emptyDir: {} }, "grep -c ' /data/x ' /proc/mounts", {
    mountPath: '/data/./x',
  }),
  volume('a mountPath with two dots', { emptyDir: {} }, "grep -c ' /x ' /proc/mounts", {
    mountPath: '/data/../x',
  }),
  volume('a mountPath with a slash at the end', { emptyDir: {} }, "grep -c ' /x ' /proc/mounts", {
    mountPath: '/x/',
  }),
  volume('a mountPath with a colon', { emptyDir: {} }, 'ls -d /a:b', { mountPath: '/a:b' }),
  volume('a mountPath with a space', { emptyDir: {} }, "ls -d '/a b'", { mountPath: '/a b' }),
  volume('an empty mountPath', { emptyDir: {} }, 'true', { mountPath: '' }),
  volume('an unknown volume', { emptyDir: {} }, 'true', { name: 'w' }),
  spec('an unused volume', { volumes: [{ name: 'v', emptyDir: {} }] }),
  spec('a volume twice', {
    volumes: [
      { name: 'v', emptyDir: {} },
      { name: 'v', emptyDir: {} },
    ],
  }),
  spec('an uppercase volume', { volumes: [{ name: 'V', emptyDir: {} }] }),
  spec('a volume without a name', { volumes: [{ emptyDir: {} }] }),
  shell(
    'a mountPath twice',
    'true',
    {
      volumeMounts: [
        { name: 'v', mountPath: '/v' },
        { name: 'w', mountPath: '/v' },
      ],
    },
    { spec: { volumes: [{ name: 'v' }, { name: 'w' }] } },
  ),
  shell(
    'a mountPath twice but for a slash',
    "grep -c ' /v ' /proc/mounts",
    {
      volumeMounts: [
        { name: 'v', mountPath: '/v' },
        { name: 'w', mountPath: '/v/' },
      ],
    },
    { spec: { volumes: [{ name: 'v' }, { name: 'w' }] } },
  ),
  volume('a subPath', { emptyDir: {} }, 'ls -ld /v | cut -c1-10', { subPath: 's/t' }),
  volume('a subPath with a dot', { emptyDir: {} }, 'ls -ld /v | cut -c1-10', { subPath: 's/./t' }),
  volume('a subPath with two slashes', { emptyDir: {} }, 'ls -ld /v | cut -c1-10', { subPath: 's//t/' }),
  volume('a subPath of a dot', { emptyDir: {} }, 'ls -ld /v | cut -c1-10', { subPath: '.' }),
  volume('a subPath upwards', { emptyDir: {} }, 'true', { subPath: '../x' }),
  volume('a subPath up and down', { emptyDir: {} }, 'true', { subPath: 'a/../b' }),
  volume('an absolute subPath', { emptyDir: {} }, 'true', { subPath: '/a' }),
  volume('a subPath with dots in names', { emptyDir: {} }, 'ls -ld /v | cut -c1-10', { subPath: 'a..b/...' }),
  volume('a subPathExpr', { emptyDir: {} }, 'grep -o "/sub-v1 /v" /proc/self/mountinfo', {
    subPathExpr: 'sub-$(A)',
  }),
  volume('subPath and subPathExpr', { emptyDir: {} }, 'true', { subPath: 'a', subPathExpr: 'b' }),
  volume('a subPath of a hostPath', { hostPath: { path: '/usr/share' } }, 'ls -d /v/Etc', {
    subPath: 'zoneinfo',
    readOnly: true,
  }),
  volume('a subPath to a file', { hostPath: { path: '/etc' } }, 'test -f /v && echo file', {
    subPath: 'hostname',
    readOnly: true,
  }),
  volume('an unknown propagation', { emptyDir: {} }, 'true', { mountPropagation: 'Sideways' }),
  volume('HostToContainer', { emptyDir: {} }, 'true', { mountPropagation: 'HostToContainer' }),
  volume('Bidirectional without privileges', { emptyDir: {} }, 'true', { mountPropagation: 'Bidirectional' }),
  volume('recursiveReadOnly Disabled', { emptyDir: {} }, 'true', {
    readOnly: true,
    recursiveReadOnly: 'Disabled',
  }),
  volume('recursiveReadOnly without readOnly', { emptyDir: {} }, 'true', { recursiveReadOnly: 'Enabled' }),
  hostPath('hostPath', undefined, '/usr/share/zoneinfo', 'ls -d /v/Etc'),
  hostPath('hostPath Directory', 'Directory', '/usr/share/zoneinfo', 'ls -d /v/Etc'),
  hostPath('hostPath Directory that is missing', 'Directory', '/nowhere', 'ls /v', 'no sandbox'),
  hostPath('hostPath File that is a folder', 'File', '/usr/share', 'ls /v', 'no sandbox'),
  hostPath('hostPath File that is missing', 'File', '/nowhere', 'ls /v', 'no sandbox'),
  hostPath('hostPath File', 'File', '/etc/passwd', 'test -f /v && echo file'),
  hostPath('hostPath CharDevice', 'CharDevice', '/dev/null', 'test -c /v && echo device'),
  hostPath('hostPath BlockDevice that is none', 'BlockDevice', '/dev/null', 'ls /v', 'no sandbox'),
  hostPath('hostPath Socket that is none', 'Socket', '/dev/null', 'ls /v', 'no sandbox'),
  hostPath('hostPath of an unknown type', 'Folder', '/usr/share'),
  hostPath('hostPath upwards', undefined, '/usr/../usr/share'),
  hostPath('hostPath with a slash at the end', undefined, '/usr/share/zoneinfo/', 'ls -d /v/Etc'),
  hostPath('hostPath without a path', undefined, ''),
  spec('a Secret', { volumes: [{ name: 'v', secret: { secretName: 's' } }] }),
  spec('a ConfigMap', { volumes: [{ name: 'v', configMap: { name: 'c' } }] }),
  spec('a claim', { volumes: [{ name: 'v', persistentVolumeClaim: { claimName: 'c' } }] }),
];

const pod = (name: string): string =>
  JSON.stringify({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name },
    spec: { restartPolicy: 'Never', containers: [{ name: 'main', image, command: ['/bin/echo', 'ran'] }] },
  });

/** A pod in a file of this name. */
const called = (name: string, file: (podName: string) => string): Entry => ({
  name,
  files: (podName) => ({ [file(podName)]: pod(podName) }),
});

function makeFolder(path: string, content: string): void {
  mkdirSync(path);
  writeFileSync(join(path, 'pod.yaml'), content);
}

function linkTo(path: string, target: string, content: string): void {
  writeFileSync(target, content);
  symlinkSync(target, path);
}

const folder: Entry[] = [
  called('no extension', (name) => name),
  called('.yml', (name) => `${name}.yml`),
  called('.txt', (name) => `${name}.txt`),
  called('.bak', (name) => `${name}.yaml.bak`),
  called('~ at the end', (name) => `${name}.yaml~`),
  called('# around', (name) => `#${name}#`),
  called('hidden', (name) => `.${name}.yaml`),
  called('spaces', (name) => `${name} a b.yaml`),
  called('letters beyond ASCII', (name) => `${name}é.yaml`),
  called('brackets', (name) => `[${name}].yaml`),
  { name: 'a folder', files: (name) => ({ [`${name}.d`]: (path) => makeFolder(path, pod(name)) }) },
  {
    name: 'a link to a file',
    files: (name) => ({ [`${name}.yaml`]: (path, dir) => linkTo(path, join(dir, name), pod(name)) }),
  },
  {
    name: 'a link to nothing',
    files: (name) => ({ [`${name}.yaml`]: (path) => symlinkSync('/nowhere', path) }),
  },
  {
    name: 'a link to a folder',
    files: (name) => ({ [`${name}.yaml`]: (path) => symlinkSync('/usr/share', path) }),
  },
  { name: 'a pipe', files: (name) => ({ [`${name}.yaml`]: (path) => void execFileSync('mkfifo', [path]) }) },
  { name: 'a device', files: (name) => ({ [`${name}.yaml`]: (path) => symlinkSync('/dev/null', path) }) },
  {
    name: 'more than 10 MiB',
    files: (name) => ({ [`${name}.yaml`]: `${pod(name)}${' '.repeat(10 * 1024 ** 2)}` }),
  },
  {
    name: '1 MiB of comments',
    files: (name) => ({ [`${name}.yaml`]: `${yamlPod(name)}${`# ${'x'.repeat(1022)}\n`.repeat(1024)}` }),
  },
  {
    name: 'two files with one pod',
    files: (name) => ({
      [`${name}-a.yaml`]: pod(name),
      [`${name}-b.yaml`]: pod(name).replace('ran', 'again'),
    }),
  },
  {
    name: 'a PodList',
    files: (name) => ({ [`${name}.yaml`]: `{"apiVersion":"v1","kind":"PodList","items":[${pod(name)}]}` }),
  },
  {
    name: 'a List',
    files: (name) => ({ [`${name}.yaml`]: `{"apiVersion":"v1","kind":"List","items":[${pod(name)}]}` }),
  },
];

export const podCases: readonly ManifestCase[] = [
  ...inArea('manifest identity', identity),
  ...inArea('manifest lifetime', lifetime),
  ...inArea('manifest network', network),
  ...inArea('manifest admission', admission),
  ...inArea('manifest volumes', volumes),
  ...inArea('manifest files', folder),
];
