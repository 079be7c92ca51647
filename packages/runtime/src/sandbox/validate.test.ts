import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NamespaceMode, PodSandboxConfig } from '@berth/cri/generated/api.ts';
import { sandboxName, validateSandboxConfig } from './validate.ts';

type Partial = Parameters<typeof PodSandboxConfig.fromPartial>[0];
const metadata = { name: 'web', namespace: 'default', uid: 'u', attempt: 2 };
const config = (more: object) => PodSandboxConfig.fromPartial({ metadata, ...more } as Partial);
const withNamespaces = (namespaceOptions: object) =>
  config({ linux: { securityContext: { namespaceOptions } } });

test('a plain config is taken as it is', () => {
  assert.deepEqual(validateSandboxConfig(config({})), config({}));
  assert.equal(sandboxName(metadata), 'k8s_web_default_u_2');
});

test('DNS settings that say nothing, or more than one thing, are taken as other runtimes do', () => {
  const dnsConfig = { servers: ['', 'fe80::1%eth0'], searches: ['', '.', 'a b'], options: ['', 'ndots:5'] };
  assert.deepEqual(validateSandboxConfig(config({ dnsConfig })), config({ dnsConfig }));
});

const refused: [string, PodSandboxConfig | undefined, RegExp][] = [
  ['no config', undefined, /^config: is required/],
  ['no metadata', PodSandboxConfig.fromPartial({}), /^config\.metadata: is required/],
  ['no name', config({ metadata: { ...metadata, name: '' } }), /^config\.metadata\.name: is required/],
  ['no uid', config({ metadata: { ...metadata, uid: '' } }), /^config\.metadata\.uid: is required/],
  ['a Windows pod', config({ windows: {} }), /^config\.windows: /],
  ['a long host name', config({ hostname: 'x'.repeat(65) }), /^config\.hostname: /],
  ['a relative log directory', config({ logDirectory: 'logs' }), /^config\.log_directory: /],
  [
    'an own network namespace for containers',
    withNamespaces({ network: NamespaceMode.CONTAINER }),
    /namespace_options\.network: want POD or NODE/,
  ],
  ['a NUL byte', config({ metadata: { ...metadata, uid: 'a\0' } }), /^config\.metadata\.uid: .* NUL byte/],
  [
    'no container port',
    config({ portMappings: [{ hostPort: 80 }] }),
    /^config\.port_mappings\[0\]\.container_port: 0/,
  ],
  [
    'a host port',
    config({ portMappings: [{ hostPort: 65536 }] }),
    /^config\.port_mappings\[0\]\.host_port: 65536/,
  ],
  [
    'a host address',
    config({ portMappings: [{}, { hostPort: 1, containerPort: 1, hostIp: 'x' }] }),
    /^config\.port_mappings\[1\]\.host_ip: "x"/,
  ],
  [
    'a host address with a zone',
    config({ portMappings: [{ hostPort: 1, containerPort: 1, hostIp: 'fe80::1%eth0' }] }),
    /^config\.port_mappings\[0\]\.host_ip: /,
  ],
  [
    'a pod name that would add arguments of its own to CNI_ARGS',
    config({ metadata: { ...metadata, name: 'web;K8S_POD_NAMESPACE=kube-system' } }),
    /^config\.metadata\.name: "web;K8S_POD_NAMESPACE=kube-system" must not contain ;, = or control/,
  ],
  ...(['name', 'namespace', 'uid'] as const).flatMap((field) =>
    [';', '=', '\n', '\x7f'].map((character): [string, PodSandboxConfig, RegExp] => [
      `${JSON.stringify(character)} in metadata.${field}, for CNI_ARGS`,
      config({ metadata: { ...metadata, [field]: `a${character}b` } }),
      new RegExp(`^config\\.metadata\\.${field}: .* must not contain`),
    ]),
  ),
  [
    'a newline in the host name',
    config({ hostname: 'a\n127.0.0.1 b' }),
    /^config\.hostname: .* control character/,
  ],
  ...(['servers', 'searches', 'options'] as const).flatMap((list) =>
    ['\n', '\r', '\x85'].map((character): [string, PodSandboxConfig, RegExp] => [
      `${JSON.stringify(character)} in DNS ${list}, which would add a line to resolv.conf`,
      config({ dnsConfig: { [list]: ['1.1.1.1', `a${character}nameserver 6.6.6.6`] } }),
      new RegExp(`^config\\.dns_config\\.${list}\\[1\\]: .* control character`),
    ]),
  ),
  ['a target', withNamespaces({ pid: NamespaceMode.TARGET }), /namespace_options\.pid: TARGET/],
];

for (const [name, request, message] of refused) {
  test(`refused: ${name}`, () =>
    assert.throws(() => validateSandboxConfig(request), { criCode: 'INVALID_ARGUMENT', message }));
}
