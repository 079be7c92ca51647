// Fields of containers: environment, quantities, ports, users, privileges.
import { type Entry, fields, image, inArea, type ManifestCase, shell } from './manifest-case.ts';

/** Shells leave out variables of odd names. */
const environ = "tr '\\0' '\\n' < /proc/1/environ";

const printA = 'echo "[$A]"';

const env = (name: string, variables: unknown[], script = printA): Entry =>
  shell(name, script, { env: variables });

const from = (
  name: string,
  valueFrom: unknown,
  more: Parameters<typeof shell>[3] = {},
  container: object = {},
): Entry => shell(name, printA, { env: [{ name: 'A', valueFrom }], ...container }, more);

const fieldRef = (fieldPath: string, more: Parameters<typeof shell>[3] = {}): Entry =>
  from(`fieldRef ${fieldPath}`, { fieldRef: { fieldPath } }, more);

const limits = { resources: { limits: { cpu: '250m', memory: '64Mi' } } };

const resourceRef = (resource: string, divisor?: unknown): Entry =>
  from(
    `${resource}${divisor === undefined ? '' : ` by ${divisor}`}`,
    { resourceFieldRef: { resource, ...(divisor !== undefined && { divisor }) } },
    {},
    limits,
  );

const environment: Entry[] = [
  env('references', [
    { name: 'B', value: 'b' },
    { name: 'A', value: '$(B) $$(B) $(C) $(A) $B $( $() $(B' },
  ]),
  env('a reference to a later variable', [
    { name: 'A', value: '$(B)' },
    { name: 'B', value: 'b' },
  ]),
  env('a reference to itself', [
    { name: 'A', value: 'a' },
    { name: 'A', value: '$(A)b' },
  ]),
  env(
    'a name twice',
    [
      { name: 'A', value: '1' },
      { name: 'B', value: '$(A)' },
      { name: 'A', value: '2' },
    ],
    'echo "$A $B"',
  ),
  env('a name with dots and dashes', [{ name: 'a.b-c', value: '1' }], environ),
  env('a name that begins with a digit', [{ name: '1A', value: '1' }], environ),
  env('a name with a space', [{ name: 'A B', value: '1' }], environ),
  env('a name with an equals sign', [{ name: 'A=B', value: '1' }]),
  env('a name beyond ASCII', [{ name: 'É', value: '1' }]),
  env('an empty name', [{ name: '', value: '1' }]),
  env('no value', [{ name: 'A' }], 'env | grep ^A='),
  env('a number for a value', [{ name: 'A', value: 1 }]),
  env('a value of lines', [{ name: 'A', value: 'a\nb' }]),
  env('PATH', [{ name: 'PATH', value: '/bin:/x' }], 'echo $PATH'),
  env('HOSTNAME', [{ name: 'HOSTNAME', value: 'mine' }], 'echo $HOSTNAME'),
  fieldRef('metadata.name'),
  fieldRef('metadata.namespace'),
  fieldRef('metadata.uid'),
  fieldRef("metadata.labels['a']", { metadata: { labels: { a: 'b' } } }),
  fieldRef("metadata.labels['none']"),
  fieldRef("metadata.labels['A b']"),
  fieldRef("metadata.annotations['example.com/a']", {
    metadata: { annotations: { 'example.com/a': 'b\nc' } },
  }),
  fieldRef("metadata.annotations['kubernetes.io/config.source']"),
  fieldRef('metadata.labels'),
  fieldRef('metadata.generateName'),
  fieldRef('spec.nodeName'),
  fieldRef('spec.serviceAccountName'),
  fieldRef('status.podIP'),
  fieldRef('status.podIPs'),
  fieldRef('status.phase'),
  fieldRef(''),
  from('fieldRef of another version', { fieldRef: { apiVersion: 'v2', fieldPath: 'metadata.name' } }),
  from('no source', {}),
  from('two sources', {
    fieldRef: { fieldPath: 'metadata.name' },
    resourceFieldRef: { resource: 'limits.cpu' },
  }),
  from('an unknown source', { lineRef: { path: 'a' } }),
  env('a value and a source', [
    { name: 'A', value: 'a', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
  ]),
  env('an empty value and a source', [
    { name: 'A', value: '', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
  ]),
  resourceRef('limits.cpu'),
  resourceRef('limits.cpu', '1m'),
  resourceRef('limits.cpu', '10m'),
  resourceRef('limits.cpu', 1),
  resourceRef('limits.memory'),
  resourceRef('limits.memory', '1Mi'),
  resourceRef('limits.memory', '1M'),
  resourceRef('limits.memory', '1024Ki'),
  resourceRef('requests.memory', '1k'),
  resourceRef('limits.pods'),
  from('a limit that is not set', { resourceFieldRef: { resource: 'limits.cpu' } }),
  from('a request that is not set', { resourceFieldRef: { resource: 'requests.memory' } }),
  from(
    'a limit of another container',
    { resourceFieldRef: { containerName: 'one', resource: 'limits.cpu', divisor: '1m' } },
    {
      spec: {
        initContainers: [
          { name: 'one', image, command: ['/bin/true'], resources: { limits: { cpu: '300m' } } },
        ],
      },
    },
  ),
  from('a limit of nobody', { resourceFieldRef: { containerName: 'two', resource: 'limits.cpu' } }),
  shell('envFrom a ConfigMap', 'true', { envFrom: [{ configMapRef: { name: 'c' } }] }),
  fields('references in the command', {
    env: [{ name: 'A', value: 'a b' }],
    command: ['/bin/echo', '$(A)', '$$(A)', '$(B)'],
    args: ['$(A)c', '$A'],
  }),
  fields('args alone', { command: undefined, args: ['-c', 'echo ran'] }),
  fields('no command', { command: undefined }),
  fields('an empty command', { command: [], args: [] }),
  fields('an empty word', { command: ['/bin/echo', '', 'a'] }),
  fields('a number in the command', { command: ['/bin/echo', 1] }),
  fields('a text for the command', { command: '/bin/echo ran' }),
  fields('a command that is missing', { command: ['/nowhere'] }),
  shell('a workingDir', 'pwd', { workingDir: '/tmp' }),
  shell('a workingDir that is missing', 'pwd', { workingDir: '/made/here' }),
  shell('a relative workingDir', 'pwd', { workingDir: 'tmp' }),
];

const memory = (amount: unknown): Entry =>
  fields(`memory ${JSON.stringify(amount)}`, { resources: { limits: { memory: amount } } });
const request = (amount: unknown): Entry =>
  fields(`memory request ${JSON.stringify(amount)}`, { resources: { requests: { memory: amount } } });
const cpu = (amount: unknown): Entry =>
  fields(`cpu ${JSON.stringify(amount)}`, { resources: { limits: { cpu: amount } } });
const resources = (name: string, value: object): Entry => fields(name, { resources: value });

const quantities: Entry[] = [
  ...[
    '64Mi',
    '67108864',
    '64.5Mi',
    '0.5Gi',
    '.5Gi',
    '64.Mi',
    '+64Mi',
    '0064Mi',
    '67108864000m',
    '67108864500m',
    '1e8',
    '1E8',
    '100e6',
    '1e+8',
    '0.1e9',
    '65536Ki',
    '65536ki',
    '65536K',
    '65536k',
    '100M',
    '100m',
    '64MiB',
    '64 Mi',
    ' 64Mi',
    '64Mi ',
    '64mi',
    '-64Mi',
    '',
    '0',
    '1.5',
    '0x4000000',
    '64_000_000',
    '٦٤Mi',
    '100000000n',
    '1000000000000u',
    '1Gi1',
    'Mi',
  ].map(memory),
  ...[67_108_864, 67_108_864.5, 1e8, true, null, [], {}].map(memory),
  ...[
    '400m',
    '1181116006400m',
    '1',
    '1E',
    '1Ei',
    '1e30',
    '9223372036854775807',
    '9223372036854775808',
    '10000000000000000000000',
    '0.000000001',
  ].map(request),
  ...[
    '1',
    '0.1',
    '100m',
    '0.0001',
    '1u',
    '100n',
    '0.1n',
    '1e-3',
    '1e-1',
    '1E-1',
    '1k',
    '0',
    '-1',
    '100M',
    '.1',
    '1.',
    '1.2.3',
    '+1',
    '1,5',
  ].map(cpu),
  ...[0.1, 1, 1.5].map(cpu),
  resources('a request over its limit', { requests: { cpu: '2' }, limits: { cpu: '1' } }),
  resources('a request equal to its limit in other words', {
    requests: { memory: '0.0625Gi' },
    limits: { memory: '64Mi' },
  }),
  resources('a limit alone', { limits: { cpu: '100m', memory: '64Mi' } }),
  resources('a request alone', { requests: { cpu: '100m', memory: '64Mi' } }),
  resources('more CPUs than there are', { requests: { cpu: '1000' } }),
  resources('a limit of more CPUs than there are', { requests: { cpu: '10m' }, limits: { cpu: '1000' } }),
  resources('an extended resource', { limits: { 'example.com/thing': '1' } }),
  resources('a fraction of an extended resource', { limits: { 'example.com/thing': '500m' } }),
  resources('an extended request without a limit', { requests: { 'example.com/thing': '1' } }),
  resources('an unknown resource', { limits: { gpu: '1' } }),
  resources('an ephemeral-storage request', { requests: { 'ephemeral-storage': '1Mi' } }),
  resources('an ephemeral-storage limit', { limits: { 'ephemeral-storage': '100Mi' } }),
  resources('an unknown member', { limit: { cpu: '1' } }),
  resources('a list for limits', { limits: ['cpu'] }),
];

const port = (name: string, ...ports: object[]): Entry => fields(name, { ports });

const ports: Entry[] = [
  port('a port', { containerPort: 80, name: 'web', protocol: 'TCP' }),
  port('port 0', { containerPort: 0 }),
  port('port 70000', { containerPort: 70_000 }),
  port('port -1', { containerPort: -1 }),
  port('no containerPort', { hostPort: 18_082 }),
  port('a text for a port', { containerPort: '80' }),
  port('a port twice', { containerPort: 80 }, { containerPort: 80 }),
  port('a port name twice', { containerPort: 80, name: 'a' }, { containerPort: 81, name: 'a' }),
  port('an uppercase port name', { containerPort: 80, name: 'Web' }),
  port('a port name of 16 letters', { containerPort: 80, name: 'abcdefghijklmnop' }),
  port('a port name of digits', { containerPort: 80, name: '80' }),
  port('a hostPort', { containerPort: 80, hostPort: 18_083 }),
  port('hostPort 0', { containerPort: 80, hostPort: 0 }),
  port('hostPort 70000', { containerPort: 80, hostPort: 70_000 }),
  port('a hostPort twice', { containerPort: 80, hostPort: 18_084 }, { containerPort: 81, hostPort: 18_084 }),
  port(
    'a hostPort of two protocols',
    { containerPort: 80, hostPort: 18_085 },
    { containerPort: 80, hostPort: 18_085, protocol: 'UDP' },
  ),
  port('a hostIP', { containerPort: 80, hostPort: 18_086, hostIP: '127.0.0.1' }),
  fields(
    'a bad hostIP',
    { ports: [{ containerPort: 80, hostPort: 18_087, hostIP: 'localhost' }] },
    { end: 'no sandbox' },
  ),
  port('a protocol in lower case', { containerPort: 80, protocol: 'tcp' }),
  port('an unknown protocol', { containerPort: 80, protocol: 'ICMP' }),
  port('SCTP', { containerPort: 80, protocol: 'SCTP' }),
  fields(
    'a hostPort on the host network',
    { ports: [{ containerPort: 18_088, hostPort: 18_088 }] },
    { spec: { hostNetwork: true } },
  ),
  fields(
    'another hostPort on the host network',
    { ports: [{ containerPort: 18_089, hostPort: 18_090 }] },
    { spec: { hostNetwork: true } },
  ),
  fields(
    'a containerPort alone on the host network',
    { ports: [{ containerPort: 18_091 }] },
    { spec: { hostNetwork: true } },
  ),
];

const security = (name: string, securityContext: unknown, script = 'id -u; id -g'): Entry =>
  shell(name, script, { securityContext });
const podSecurity = (name: string, securityContext: unknown, script = 'id -u; id -g; id -G'): Entry =>
  shell(name, script, {}, { spec: { securityContext } });

const privileges: Entry[] = [
  security('runAsUser', { runAsUser: 1000 }),
  security('runAsUser and runAsGroup', { runAsUser: 1000, runAsGroup: 5 }),
  security('runAsUser -1', { runAsUser: -1 }),
  security('runAsUser beyond 31 bits', { runAsUser: 2_147_483_648 }),
  security('a name for runAsUser', { runAsUser: 'alice' }),
  security('runAsGroup alone', { runAsGroup: 5 }),
  security('runAsNonRoot of root', { runAsNonRoot: true }),
  security('runAsNonRoot of a user', { runAsNonRoot: true, runAsUser: 7 }),
  security('runAsNonRoot and runAsUser 0', { runAsNonRoot: true, runAsUser: 0 }),
  podSecurity('a user of the pod', { runAsUser: 7, runAsGroup: 8, supplementalGroups: [9, 10] }),
  podSecurity('supplementalGroupsPolicy Strict', {
    runAsUser: 1000,
    supplementalGroups: [9],
    supplementalGroupsPolicy: 'Strict',
  }),
  podSecurity('an unknown supplementalGroupsPolicy', { supplementalGroupsPolicy: 'Loose' }),
  podSecurity('a bad group', { supplementalGroups: [-1] }),
  shell(
    'fsGroup',
    'id -G; stat -c "%g %a" /v',
    { volumeMounts: [{ name: 'v', mountPath: '/v' }] },
    {
      spec: {
        securityContext: { fsGroup: 7, fsGroupChangePolicy: 'OnRootMismatch' },
        volumes: [{ name: 'v' }],
      },
    },
  ),
  podSecurity('a bad fsGroup', { fsGroup: -1 }),
  podSecurity('an unknown fsGroupChangePolicy', { fsGroup: 7, fsGroupChangePolicy: 'Never' }),
  security('capabilities', { capabilities: { add: ['NET_ADMIN'], drop: ['ALL'] } }),
  security('capabilities with CAP_', { capabilities: { add: ['CAP_NET_ADMIN'], drop: ['CAP_CHOWN'] } }),
  security('capabilities in lower case', { capabilities: { add: ['net_admin'], drop: ['all'] } }),
  security('an unknown capability', { capabilities: { add: ['FLY'] } }),
  security('privileged', { privileged: true }, 'true'),
  security('privileged without escalation', { privileged: true, allowPrivilegeEscalation: false }),
  security('SYS_ADMIN without escalation', {
    capabilities: { add: ['SYS_ADMIN'] },
    allowPrivilegeEscalation: false,
  }),
  security('CAP_SYS_ADMIN without escalation', {
    capabilities: { add: ['CAP_SYS_ADMIN'] },
    allowPrivilegeEscalation: false,
  }),
  security('no escalation', { allowPrivilegeEscalation: false }),
  security('a read-only root', { readOnlyRootFilesystem: true }, 'touch /x'),
  security('procMount Default', { procMount: 'Default' }),
  security('an unknown procMount', { procMount: 'Half' }),
  security('seLinuxOptions', { seLinuxOptions: { level: 's0:c1,c2', type: 't' } }),
  security('empty seLinuxOptions', { seLinuxOptions: {} }),
  podSecurity('seLinuxOptions of the pod', {
    seLinuxOptions: { user: 'u', role: 'r', type: 't', level: 's0' },
  }),
  security('windowsOptions', { windowsOptions: { runAsUserName: 'a' } }),
  security('AppArmor Unconfined', { appArmorProfile: { type: 'Unconfined' } }),
  security('an unknown AppArmor type', { appArmorProfile: { type: 'Strict' } }),
  fields(
    'an AppArmor annotation',
    {},
    { metadata: { annotations: { 'container.apparmor.security.beta.kubernetes.io/main': 'unconfined' } } },
  ),
  fields(
    'an AppArmor annotation of nobody',
    {},
    { metadata: { annotations: { 'container.apparmor.security.beta.kubernetes.io/other': 'unconfined' } } },
  ),
  security(
    'seccomp RuntimeDefault',
    { seccompProfile: { type: 'RuntimeDefault' } },
    'grep ^Seccomp: /proc/self/status',
  ),
  security(
    'seccomp Unconfined',
    { seccompProfile: { type: 'Unconfined' } },
    'grep ^Seccomp: /proc/self/status',
  ),
  security('seccomp Localhost that is missing', {
    seccompProfile: { type: 'Localhost', localhostProfile: 'none.json' },
  }),
  security('seccomp Localhost without a name', { seccompProfile: { type: 'Localhost' } }),
  security('seccomp Localhost upwards', {
    seccompProfile: { type: 'Localhost', localhostProfile: '../a.json' },
  }),
  security('an unknown seccomp type', { seccompProfile: { type: 'Docker' } }),
  security('a name for RuntimeDefault', {
    seccompProfile: { type: 'RuntimeDefault', localhostProfile: 'a.json' },
  }),
  security('seccomp null', { seccompProfile: null }),
];

const others: Entry[] = [
  fields('no image', { image: undefined }),
  fields('an image in spaces', { image: ` ${image} ` }),
  fields('an uppercase image', { image: 'UPPER:1' }),
  fields('an image that is not there', { image: 'localhost/none:1', imagePullPolicy: 'Never' }),
  fields('imagePullPolicy in lower case', { imagePullPolicy: 'never' }),
  fields('imagePullPolicy Never', { imagePullPolicy: 'Never' }),
  fields('an uppercase name', { name: 'Main' }),
  fields('a name with a dot', { name: 'ma.in' }),
  fields('no name', { name: undefined }),
  fields('stdin and tty', { stdin: true, tty: true, command: ['/bin/sh', '-c', 'tty; exit 0'] }),
  fields('stdinOnce without stdin', { stdinOnce: true }),
  shell('a termination message', 'echo last words > /dev/termination-log'),
  shell('a termination message elsewhere', 'echo last words > /tmp/words', {
    terminationMessagePath: '/tmp/words',
  }),
  shell('a relative terminationMessagePath', 'echo last words > /words', { terminationMessagePath: 'words' }),
  shell('logs for a termination message', 'echo last words; exit 1', {
    terminationMessagePolicy: 'FallbackToLogsOnError',
  }),
  shell('no logs for a message without an error', 'echo last words', {
    terminationMessagePolicy: 'FallbackToLogsOnError',
  }),
  shell('a termination message of 5000 bytes', 'seq 1 2000 > /dev/termination-log'),
  shell('a termination message that is no UTF-8', "printf 'a\\377b' > /dev/termination-log"),
  fields('an unknown terminationMessagePolicy', { terminationMessagePolicy: 'Both' }),
  fields('resizePolicy', { resizePolicy: [{ resourceName: 'cpu', restartPolicy: 'NotRequired' }] }),
  fields('a bad resizePolicy', { resizePolicy: [{ resourceName: 'disk', restartPolicy: 'Maybe' }] }),
  shell('both streams', 'echo out; echo err >&2; printf end'),
  shell('a long line', "head -c 20000 /dev/zero | tr '\\0' x"),
  shell('mounts of its own', "cut -d' ' -f2 /proc/mounts | sort"),
  shell('killed by itself', 'kill -9 $$'),
];

export const containerCases: readonly ManifestCase[] = [
  ...inArea('container environment', environment),
  ...inArea('container quantities', quantities),
  ...inArea('container ports', ports),
  ...inArea('container privileges', privileges),
  ...inArea('container others', others),
];
