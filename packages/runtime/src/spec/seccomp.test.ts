import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type DeepPartial, LinuxContainerSecurityContext } from '@berth/cri/generated/api.ts';
import { seccompChoice, seccompFilter } from './seccomp.ts';
import { defaultSeccompProfile } from './seccomp-default.ts';
import { parseSeccompProfile } from './seccomp-profile.ts';
import { ALWAYS_ALLOWED } from './seccomp-syscalls.ts';

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
  assert.equal(new Set(ALWAYS_ALLOWED).size, ALWAYS_ALLOWED.length);
});

test('a kernel without filters runs the default unconfined and refuses a profile of the node', () => {
  const filter = (profileType: 0 | 2) =>
    seccompFilter({
      security: LinuxContainerSecurityContext.fromPartial({ seccomp: { profileType, localhostRef: '/p' } }),
      arch: 'x64',
      enabled: false,
      capabilities: [],
      localhostProfile: undefined,
    });
  assert.equal(filter(0), undefined);
  assert.throws(() => filter(2), /seccomp: this kernel has no seccomp filters/);
});

test('profile files', () => {
  const profile = {
    defaultAction: 'SCMP_ACT_ALLOW',
    syscalls: [{ names: ['chmod'], action: 'SCMP_ACT_ERRNO' }],
  };
  assert.deepEqual(parseSeccompProfile(JSON.stringify(profile), '/p'), profile);
  const table: [string, RegExp][] = [
    ['{', /seccomp profile \/p: is not JSON/],
    ['[]', /is not a JSON object/],
    ['{}', /defaultAction has to be a string/],
    ['{"defaultAction":"x","archMap":[]}', /archMap is not a member/],
    ['{"defaultAction":"x","syscalls":[{"includes":{}}]}', /syscalls\[0\].includes is not a member/],
  ];
  for (const [text, message] of table) assert.throws(() => parseSeccompProfile(text, '/p'), message);
});
