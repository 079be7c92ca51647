// The rules for security contexts, and for what goes with them: users, operating system, host name.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { faultOf, manifest, podOf, warningsOf } from '../../testing/manifest.ts';

type Changes = Parameters<typeof manifest>[0];

const main = 'spec.containers[0].securityContext';
const security = (context: object): Changes => ({ container: { securityContext: context } });
const ofPod = (context: object, spec: object = {}): Changes => ({
  spec: { ...spec, securityContext: context },
});
const annotated = (annotations: Record<string, string>, changes: Changes = {}): Changes => ({
  ...changes,
  metadata: { annotations },
});
const appArmorOf = 'container.apparmor.security.beta.kubernetes.io/';
const seccompOf = 'container.seccomp.security.alpha.kubernetes.io/';
const sysctls = (...names: string[]): object => ({ sysctls: names.map((name) => ({ name, value: '1' })) });

const faults: [title: string, changes: Changes, expected: string][] = [
  [
    'AppArmor without a type',
    security({ appArmorProfile: { type: '' } }),
    `${main}.appArmorProfile.type: Required value: type is required when appArmorProfile is set`,
  ],
  [
    'AppArmor of another type',
    security({ appArmorProfile: { type: 'Host' } }),
    'Unsupported value: "Host": supported values: "Localhost", "RuntimeDefault", "Unconfined"',
  ],
  [
    'AppArmor without a profile',
    ofPod({ appArmorProfile: { type: 'Localhost' } }),
    'spec.securityContext.appArmorProfile.localhostProfile: Required value: must be set when AppArmor type is Localhost',
  ],
  [
    'AppArmor with spaces around the profile',
    security({ appArmorProfile: { type: 'Localhost', localhostProfile: ' a' } }),
    'localhostProfile: Invalid value: " a": must not be padded with whitespace',
  ],
  [
    'AppArmor with a profile that is too long',
    security({ appArmorProfile: { type: 'Localhost', localhostProfile: 'a'.repeat(4096) } }),
    'localhostProfile: Too long: may not be more than 4095 bytes',
  ],
  [
    'AppArmor with a profile too many',
    security({ appArmorProfile: { type: 'Unconfined', localhostProfile: 'a' } }),
    'localhostProfile: Invalid value: "a": can only be set when AppArmor type is Localhost',
  ],
  [
    'AppArmor of another container',
    annotated({ [`${appArmorOf}other`]: 'unconfined' }),
    `metadata.annotations[${appArmorOf}other]: Invalid value: "other": container not found`,
  ],
  [
    'AppArmor by an annotation that is no profile',
    annotated({ [`${appArmorOf}main`]: 'mine' }),
    `metadata.annotations[${appArmorOf}main]: Invalid value: "mine": invalid AppArmor profile name: "mine"`,
  ],
  [
    'AppArmor by an annotation of another type than the field',
    annotated(
      { [`${appArmorOf}main`]: 'unconfined' },
      ofPod({ appArmorProfile: { type: 'RuntimeDefault' } }),
    ),
    `${main}.appArmorProfile.type: Forbidden: apparmor type in annotation and field must match`,
  ],
  [
    'AppArmor by an annotation with another profile than the field',
    annotated(
      { [`${appArmorOf}main`]: 'localhost/a' },
      security({ appArmorProfile: { type: 'Localhost', localhostProfile: 'b' } }),
    ),
    `${main}.appArmorProfile.localhostProfile: Forbidden: apparmor profile in annotation and field must match`,
  ],
  [
    'seccomp without a type',
    security({ seccompProfile: { type: '' } }),
    `${main}.seccompProfile.type: Required value: type is required when seccompProfile is set`,
  ],
  [
    'seccomp by an annotation that is no profile',
    annotated({ 'seccomp.security.alpha.kubernetes.io/pod': 'localhost/../a' }),
    'metadata.annotations[seccomp.security.alpha.kubernetes.io/pod]: Invalid value: "localhost/../a": must be a valid seccomp profile',
  ],
  [
    'seccomp by an annotation of another type than the field',
    annotated(
      { [`${seccompOf}main`]: 'docker/default' },
      security({ seccompProfile: { type: 'Unconfined' } }),
    ),
    `${main}.seccompProfile.type: Forbidden: seccomp type in annotation and field must match`,
  ],
  [
    'seccomp by an annotation with another profile than the field',
    annotated(
      { 'seccomp.security.alpha.kubernetes.io/pod': 'localhost/a' },
      ofPod({ seccompProfile: { type: 'Localhost', localhostProfile: 'b' } }),
    ),
    'spec.securityContext.seccompProfile.localhostProfile: Forbidden: seccomp profile in annotation and field must match',
  ],
  [
    'procMount',
    security({ procMount: 'Some' }),
    `${main}.procMount: Unsupported value: "Some": supported values: "Default", "Unmasked"`,
  ],
  [
    "procMount Unmasked with the host's users",
    security({ procMount: 'Unmasked' }),
    `${main}.procMount: Invalid value: "Unmasked": \`hostUsers\` must be false to use \`Unmasked\``,
  ],
  [
    'no escalation with CAP_SYS_ADMIN',
    security({ allowPrivilegeEscalation: false, capabilities: { add: ['CAP_SYS_ADMIN'] } }),
    'cannot set `allowPrivilegeEscalation` to false and `capabilities.Add` CAP_SYS_ADMIN',
  ],
  ['user', security({ runAsUser: -1 }), `${main}.runAsUser: Invalid value: -1: must be between 0 and`],
  [
    'SELinux change policy',
    ofPod({ seLinuxChangePolicy: 'Never' }),
    'spec.securityContext.seLinuxChangePolicy: Unsupported value: "Never": supported values: "MountOption", "Recursive"',
  ],
  [
    'sysctl name',
    ofPod(sysctls('net..x')),
    'spec.securityContext.sysctls[0].name: Invalid value: "net..x": must have at most 253 characters and match regex ^([a-z0-9]',
  ],
  [
    'sysctl twice',
    ofPod(sysctls('net.a', 'net.a')),
    'spec.securityContext.sysctls[1].name: Duplicate value: "net.a"',
  ],
  ['no sysctl', ofPod(sysctls('')), 'spec.securityContext.sysctls[0].name: Required value'],
  [
    "sysctl of the host's network",
    ofPod(sysctls('net/ipv4/tcp_syncookies'), { hostNetwork: true }),
    'sysctls[0].name: Invalid value: "net/ipv4/tcp_syncookies": may not be specified when \'hostNetwork\' is true',
  ],
  [
    "sysctl of the host's IPC",
    ofPod(sysctls('kernel.shmmax'), { hostIPC: true }),
    "may not be specified when 'hostIPC' is true",
  ],
  [
    "own users in the host's network",
    { spec: { hostUsers: false, hostNetwork: true } },
    'spec.hostNetwork: Forbidden: when `hostUsers` is false',
  ],
  [
    "own users with the host's processes",
    { spec: { hostUsers: false, hostPID: true } },
    'spec.hostPID: Forbidden: when `hostUsers` is false',
  ],
  [
    'Windows options for Linux',
    { spec: { os: { name: 'linux' } }, ...security({ windowsOptions: {} }) },
    `${main}.windowsOptions: Forbidden: windows options cannot be set for a linux pod`,
  ],
  [
    'Linux options for Windows',
    { spec: { os: { name: 'windows' }, hostUsers: true }, ...security({ privileged: false }) },
    `spec.hostUsers: Forbidden: cannot be set for a windows pod; ${main}.privileged: Forbidden: cannot be set for a windows pod`,
  ],
  ['no operating system', { spec: { os: { name: '' } } }, 'spec.os.name: Required value'],
  [
    'another operating system',
    { spec: { os: { name: 'plan9' } } },
    'spec.os: Unsupported value: "plan9": supported values: "linux", "windows"',
  ],
  [
    'processes of the pod and of the host',
    { spec: { shareProcessNamespace: true, hostPID: true } },
    'spec.shareProcessNamespace: Invalid value: true: ShareProcessNamespace and HostPID cannot both be enabled',
  ],
  [
    'two host names',
    { spec: { hostnameOverride: 'a.b', setHostnameAsFQDN: true } },
    'spec.hostnameOverride: Forbidden: may not be specified when setHostnameAsFQDN is true',
  ],
  [
    "host name and the host's network",
    { spec: { hostnameOverride: 'a.b', hostNetwork: true } },
    'spec.hostnameOverride: Forbidden: may not be specified when hostNetwork is true',
  ],
  [
    'host name that is too long',
    { spec: { hostnameOverride: 'a'.repeat(65) } },
    'spec.hostnameOverride: Too long: may not be more than 64 bytes',
  ],
  [
    'scheduling gates',
    { spec: { schedulingGates: [{ name: 'a.b/c' }] } },
    'spec.nodeName: Forbidden: cannot be set until all schedulingGates have been cleared',
  ],
  ['runtime class', { spec: { runtimeClassName: 'A' } }, 'spec.runtimeClassName: Invalid value: "A"'],
];
for (const [title, changes, expected] of faults) {
  test(`refused: ${title}`, () => {
    const message = faultOf(manifest(changes));
    assert.ok(message.includes(expected), `${message}\n  does not say\n${expected}`);
  });
}

const accepted: [title: string, changes: Changes][] = [
  [
    'AppArmor by annotation and field',
    annotated(
      { [`${appArmorOf}main`]: 'localhost/a' },
      security({ appArmorProfile: { type: 'Localhost', localhostProfile: 'a' } }),
    ),
  ],
  ['AppArmor by an empty annotation', annotated({ [`${appArmorOf}main`]: '' })],
  ['procMount with own users', { spec: { hostUsers: false }, ...security({ procMount: 'Unmasked' }) }],
  ['any sysctl, which admission judges', ofPod(sysctls('vm.swappiness'))],
  ['a pod for Windows, which admission judges', { spec: { os: { name: 'windows' } } }],
  ['host name with dots', { spec: { hostnameOverride: 'a.b' } }],
  ['runtime class', { spec: { runtimeClassName: 'kata' } }],
];
for (const [title, changes] of accepted) test(`accepted: ${title}`, () => void podOf(manifest(changes)));

test('annotations for seccomp have no effect, and the log says so', () => {
  const changes = annotated({ [`${seccompOf}main`]: 'runtime/default' });
  assert.deepEqual(warningsOf(manifest(changes)), [
    `metadata.annotations[${seccompOf}main]: Ignored: since Kubernetes 1.27; use securityContext.seccompProfile`,
  ]);
});
