import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type DeepPartial, LinuxContainerSecurityContext } from '@berth/cri/generated/api.ts';
import { seccompChoice, seccompFilter } from './seccomp.ts';
import { defaultSeccompProfile } from './seccomp-default.ts';
import { applySeccompProfile, parseSeccompProfile } from './seccomp-profile.ts';
import { alwaysAllowed } from './seccomp-syscalls.ts';

const choice = (security?: DeepPartial<LinuxContainerSecurityContext>) =>
  seccompChoice(security === undefined ? undefined : LinuxContainerSecurityContext.fromPartial(security));

test('which profile is meant', () => {
  const table: [DeepPartial<LinuxContainerSecurityContext> | undefined, ReturnType<typeof seccompChoice>][] =
    [
      [undefined, { kind: 'unconfined' }],
      [{}, { kind: 'unconfined' }],
      [{ seccomp: { profileType: 0 } }, { kind: 'default' }],
      [{ seccomp: { profileType: 1 } }, { kind: 'unconfined' }],
      [{ seccomp: { profileType: 2, localhostRef: '/p.json' } }, { kind: 'localhost', path: '/p.json' }],
      [{ seccomp: { profileType: 0 }, privileged: true }, { kind: 'unconfined' }],
      [{ seccomp: { profileType: 1 }, seccompProfilePath: 'runtime/default' }, { kind: 'unconfined' }],
      [{ seccompProfilePath: 'runtime/default' }, { kind: 'default' }],
      [
        { seccomp: { profileType: 2, localhostRef: 'localhost//p.json' } },
        { kind: 'localhost', path: '/p.json' },
      ],
      [{ seccompProfilePath: 'localhost//var/p.json' }, { kind: 'localhost', path: '/var/p.json' }],
    ];
  for (const [security, expected] of table)
    assert.deepEqual(choice(security), expected, JSON.stringify(security));
  assert.throws(
    () => choice({ seccomp: { profileType: 2, localhostRef: 'p.json' } }),
    /seccomp.localhost_ref: "p.json"/,
  );
  assert.throws(() => choice({ seccompProfilePath: 'magic' }), /seccomp_profile_path: "magic"/);
});

const allowed = (profile: ReturnType<typeof defaultSeccompProfile>, name: string) =>
  (profile.syscalls ?? []).some(
    ({ names, action, args }) => action === 'SCMP_ACT_ALLOW' && !args && names.includes(name),
  );

test('the default profile follows capabilities and architecture', () => {
  const plain = defaultSeccompProfile('x64', ['CAP_CHOWN']);
  const admin = defaultSeccompProfile('x64', ['CAP_SYS_ADMIN']);
  for (const name of ['read', 'openat', 'arch_prctl', 'ptrace'])
    assert.equal(allowed(plain, name), true, name);
  for (const name of ['mount', 'sethostname', 'clone', 'bpf', 'keyctl', 'socket'])
    assert.equal(allowed(plain, name), false, name);
  for (const name of ['mount', 'sethostname', 'clone']) assert.equal(allowed(admin, name), true, name);
  assert.deepEqual(plain.syscalls?.at(-1), { names: ['clone3'], action: 'SCMP_ACT_ERRNO', errnoRet: 38 });
  assert.deepEqual(plain.architectures, ['SCMP_ARCH_X86_64', 'SCMP_ARCH_X86']);
  assert.equal(allowed(defaultSeccompProfile('arm64', []), 'arch_prctl'), false);
  // The flags are the second argument of clone on that architecture.
  for (const [arch, index] of [
    ['x64', 0],
    ['arm64', 0],
    ['s390x', 1],
  ] as const) {
    const rules = (defaultSeccompProfile(arch, []).syscalls ?? []).filter(({ names }) =>
      names.includes('clone'),
    );
    assert.deepEqual(
      rules.map(({ args }) => args?.map((each) => each.index)),
      [[index]],
      arch,
    );
  }
  assert.equal(new Set(alwaysAllowed).size, alwaysAllowed.length);
});

test('a kernel without filters runs the default unconfined and refuses a profile of the node', () => {
  const filter = (profileType: 0 | 2) =>
    seccompFilter({
      security: LinuxContainerSecurityContext.fromPartial({ seccomp: { profileType, localhostRef: '/p' } }),
      arch: 'x64',
      kernel: '6.1.0',
      warn: assert.fail,
      enabled: false,
      capabilities: [],
      localhostProfile: undefined,
    });
  assert.equal(filter(0), undefined);
  assert.throws(() => filter(2), /seccomp: this kernel has no seccomp filters/);
});

/** What a profile comes to on a node with Linux 5.10. */
const applied = (profile: object, capabilities: readonly string[] = [], arch = 'x64') =>
  applySeccompProfile(parseSeccompProfile(JSON.stringify(profile), '/p'), {
    arch,
    kernel: '5.10.0-8-amd64',
    capabilities,
  });

test('a profile of the OCI specification is taken as it is', () => {
  const profile = {
    defaultAction: 'SCMP_ACT_ERRNO',
    defaultErrnoRet: 38,
    architectures: ['SCMP_ARCH_X86_64'],
    flags: ['SECCOMP_FILTER_FLAG_LOG'],
    listenerPath: '/run/listener',
    listenerMetadata: 'x',
    syscalls: [
      { names: ['chmod', 'no_such_call'], action: 'SCMP_ACT_ERRNO', errnoRet: 1 },
      {
        names: ['clone'],
        action: 'SCMP_ACT_ALLOW',
        args: [{ index: 0, value: 1, valueTwo: 2, op: 'SCMP_CMP_MASKED_EQ' }],
      },
    ],
  };
  assert.deepEqual(applied(profile), profile);
});

test('arguments of 64 bits are written as they are', () => {
  const arg = '{"index":1,"value":18446744073709551615,"op":"SCMP_CMP_EQ"}';
  const text = `{"defaultAction":"a","syscalls":[{"names":["x"],"action":"b","args":[${arg}]}]}`;
  const node = { arch: 'x64', kernel: '5.10', capabilities: [] };
  assert.equal(JSON.stringify(applySeccompProfile(parseSeccompProfile(text, '/p'), node)), text);
  for (const value of ['18446744073709551616', '-1', '1.5']) {
    const bad = text.replace('18446744073709551615', value);
    assert.throws(() => parseSeccompProfile(bad, '/p'), /syscalls\[0\]\.args\[0\]\.value/, value);
  }
});

test('rules apply by capability, architecture and kernel, as in Docker', () => {
  const names = (rules: object[], ...where: [(readonly string[])?, string?]) => {
    const syscalls = rules.map((rule, index) => ({
      names: [`call${index}`],
      action: 'SCMP_ACT_ALLOW',
      ...rule,
    }));
    return applied({ defaultAction: 'SCMP_ACT_ERRNO', syscalls }, ...where).syscalls?.flatMap(
      (rule) => rule.names,
    );
  };
  const rules = [
    {},
    { comment: 'why', args: null, includes: {}, excludes: {} },
    { includes: { caps: ['CAP_SYS_ADMIN'] } },
    { includes: { caps: ['CAP_SYS_ADMIN', 'CAP_BPF'] } },
    { excludes: { caps: ['CAP_SYS_ADMIN', 'CAP_BPF'] } },
    { includes: { arches: ['amd64', 'x32'] } },
    { excludes: { arches: ['amd64'] } },
    { includes: { minKernel: '5.10' } },
    { includes: { minKernel: '5.11' } },
    { excludes: { minKernel: '4.8' } },
    { excludes: { minKernel: '6.0' }, includes: { arches: ['arm64'] } },
    { names: [] },
    { names: null, name: 'alone' },
  ];
  assert.deepEqual(names(rules), ['call0', 'call1', 'call4', 'call5', 'call7', 'alone']);
  assert.deepEqual(names(rules, ['CAP_SYS_ADMIN']), ['call0', 'call1', 'call2', 'call5', 'call7', 'alone']);
  assert.deepEqual(names(rules, ['CAP_SYS_ADMIN', 'CAP_BPF'], 'arm64'), [
    ...['call0', 'call1', 'call2', 'call3', 'call6', 'call7', 'call10', 'alone'],
  ]);
});

test('architectures by Docker’s map, errors by name', () => {
  const archMap = [
    { architecture: 'SCMP_ARCH_AARCH64', subArchitectures: ['SCMP_ARCH_ARM'] },
    { architecture: 'SCMP_ARCH_X86_64', subArchitectures: ['SCMP_ARCH_X86', 'SCMP_ARCH_X32'] },
    { architecture: 'SCMP_ARCH_S390X', subArchitectures: null },
  ];
  const profile = { defaultAction: 'SCMP_ACT_ERRNO', defaultErrno: 'ENOSYS', defaultErrnoRet: 1, archMap };
  const [x64, arm64, s390x, other] = ['x64', 'arm64', 's390x', 'mips'].map((arch) =>
    applied(profile, [], arch),
  );
  assert.equal(x64?.defaultErrnoRet, 38);
  assert.deepEqual(x64?.architectures, ['SCMP_ARCH_X86_64', 'SCMP_ARCH_X86', 'SCMP_ARCH_X32']);
  assert.deepEqual(arm64?.architectures, ['SCMP_ARCH_AARCH64', 'SCMP_ARCH_ARM']);
  assert.deepEqual(s390x?.architectures, ['SCMP_ARCH_S390X']);
  assert.equal(other?.architectures, undefined);
  const errnos = ['EPERM', '13', ''].map((errno) => ({ names: ['x'], action: 'a', errno, errnoRet: 7 }));
  assert.deepEqual(
    applied({ defaultAction: 'a', syscalls: errnos }).syscalls?.map(({ errnoRet }) => errnoRet),
    [1, 13, 7],
  );
});

test('members that no profile has are ignored, and told of', () => {
  const profile = {
    DefaultAction: 'SCMP_ACT_ALLOW',
    $schema: 'x',
    syscalls: [{ names: ['a'], action: 'b', why: 1, includes: { distro: [] } }],
  };
  const parsed = parseSeccompProfile(JSON.stringify(profile), '/p');
  assert.deepEqual(parsed.unknown, ['$schema', 'syscalls[0].why', 'syscalls[0].includes.distro']);
  const warnings: string[] = [];
  const filter = seccompFilter({
    security: LinuxContainerSecurityContext.fromPartial({ seccomp: { profileType: 2, localhostRef: '/p' } }),
    arch: 'x64',
    kernel: '6.1.0',
    enabled: true,
    capabilities: [],
    localhostProfile: parsed,
    warn: (field, problem) => warnings.push(`${field}: ${problem}`),
  });
  assert.equal(filter?.defaultAction, 'SCMP_ACT_ALLOW');
  assert.equal(
    warnings[0],
    'config.linux.security_context.seccomp: /p: $schema is ignored: no profile has such a member',
  );
});

test('profile files that are none', () => {
  const table: [string, RegExp][] = [
    ['{', /seccomp profile \/p: is not JSON/],
    ['[]', /seccomp profile \/p: .*expected an object/],
    ['{}', /seccomp profile \/p: defaultAction: expected a string/],
    ['{"defaultAction":"x","syscalls":{}}', /\/p: syscalls: expected an array/],
    [
      '{"defaultAction":"x","architectures":["a"],"archMap":[{"architecture":"a"}]}',
      /both architectures and archMap/,
    ],
    ['{"defaultAction":"x","defaultErrno":"EWHAT"}', /defaultErrno: "EWHAT" is not an error of Linux/],
    [
      '{"defaultAction":"x","syscalls":[{"name":"a","names":["b"],"action":"c"}]}',
      /syscalls\[0\]: has both name and names/,
    ],
    [
      '{"defaultAction":"x","syscalls":[{"names":["b"],"action":"c","includes":{"minKernel":"new"}}]}',
      /minKernel: "new"/,
    ],
  ];
  for (const [text, message] of table) assert.throws(() => parseSeccompProfile(text, '/p'), message);
});
