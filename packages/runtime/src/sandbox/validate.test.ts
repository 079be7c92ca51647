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
  assert.deepEqual(validateSandboxConfig(config({}), assert.fail), config({}));
  assert.equal(sandboxName(metadata), 'k8s_web_default_u_2');
});

test('DNS settings that say nothing, or more than one thing, are taken as other runtimes do', () => {
  const dnsConfig = { servers: ['', 'fe80::1%eth0'], searches: ['', '.', 'a b'], options: ['', 'ndots:5'] };
  assert.deepEqual(validateSandboxConfig(config({ dnsConfig }), assert.fail), config({ dnsConfig }));
});

const refused: [string, PodSandboxConfig | undefined, RegExp][] = [
  ['no config', undefined, /^config: is required/],
  ['no metadata', PodSandboxConfig.fromPartial({}), /^config\.metadata: is required/],
  ['a long host name', config({ hostname: 'x'.repeat(65) }), /^config\.hostname: /],
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
];

for (const [name, request, message] of refused) {
  test(`refused: ${name}`, () =>
    assert.throws(() => validateSandboxConfig(request, assert.fail), {
      criCode: 'INVALID_ARGUMENT',
      message,
    }));
}

/** What containerd runs, with what is told of it. */
const taken: [string, PodSandboxConfig, changes: { logDirectory?: string }, warning?: RegExp][] = [
  ['no names', config({ metadata: { name: '', namespace: '', uid: '' } }), {}],
  ['a Windows section', config({ windows: {} }), {}, /^config\.windows: ignored/],
  [
    'a relative log directory',
    config({ logDirectory: 'logs' }),
    { logDirectory: '/logs' },
    /^config\.log_directory: /,
  ],
  [
    'a log directory that goes up',
    config({ logDirectory: '/a/../b/' }),
    { logDirectory: '/b' },
    /taken as \/b$/,
  ],
  [
    'an own network namespace for containers',
    withNamespaces({ network: NamespaceMode.CONTAINER }),
    {},
    /namespace_options\.network: taken as POD/,
  ],
  [
    'a target',
    withNamespaces({ pid: NamespaceMode.TARGET, targetId: 'x' }),
    {},
    /namespace_options\.pid: TARGET is ignored/,
  ],
  ['a port that is not mapped', config({ portMappings: [{ hostPort: -1, containerPort: 0 }] }), {}],
];

for (const [name, request, changes, warning] of taken) {
  test(`taken: ${name}`, () => {
    const warnings: string[] = [];
    const warn = (field: string, problem: string) => warnings.push(`${field}: ${problem}`);
    assert.deepEqual(validateSandboxConfig(request, warn), { ...request, ...changes });
    assert.equal(warnings.length, warning === undefined ? 0 : 1);
    if (warning !== undefined) assert.match(warnings.join(), warning);
  });
}
