// Seccomp profiles in files of the node, as people copy them from Docker, Podman and blogs.
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import {
  type DeepPartial,
  type SecurityProfile,
  SecurityProfile_ProfileType,
} from '@berth/cri/generated/api.ts';
import type { Case, Json } from '../case.ts';
import { inContainer, type Running } from './container.ts';
import { repositoryOf } from './image.ts';
import type { RuntimeSide } from './node.ts';
import { processFacts } from './process.ts';

const area = 'seccomp';
const { Localhost, RuntimeDefault, Unconfined } = SecurityProfile_ProfileType;

const allow = 'SCMP_ACT_ALLOW';
const errno = 'SCMP_ACT_ERRNO';
const rule = (names: string[], action = errno, more: { [key: string]: Json } = {}) => ({
  names,
  action,
  ...more,
});
const noMkdir = (more: { [key: string]: Json } = {}): Json => ({
  defaultAction: allow,
  syscalls: [rule(['mkdir', 'mkdirat'])],
  ...more,
});
const x86 = ['SCMP_ARCH_X86_64', 'SCMP_ARCH_X86', 'SCMP_ARCH_X32'];
const args = (op: string, index = 0): Json => [{ index, value: 511, valueTwo: 0, op }];

/** Texts stand as they are; all else is JSON. */
const profiles: Readonly<Record<string, Json>> = {
  'one rule': noMkdir(),
  architectures: noMkdir({ architectures: x86 }),
  'architectures of another machine': noMkdir({ architectures: ['SCMP_ARCH_S390X', 'SCMP_ARCH_S390'] }),
  'an unknown architecture': noMkdir({ architectures: ['SCMP_ARCH_MINE'] }),
  "Docker's map of architectures": noMkdir({
    archMap: [{ architecture: 'SCMP_ARCH_X86_64', subArchitectures: ['SCMP_ARCH_X86'] }],
  }),
  "Docker's comments": {
    defaultAction: allow,
    syscalls: [rule(['mkdir'], errno, { comment: 'no folders' }), rule(['mkdirat'], errno, { comment: '' })],
  },
  "Docker's includes of a capability that is there": {
    defaultAction: allow,
    syscalls: [rule(['mkdir', 'mkdirat'], errno, { includes: { caps: ['CAP_CHOWN'] } })],
  },
  "Docker's includes of a capability that is not there": {
    defaultAction: allow,
    syscalls: [rule(['mkdir', 'mkdirat'], errno, { includes: { caps: ['CAP_SYS_ADMIN'] } })],
  },
  "Docker's excludes of a capability": {
    defaultAction: allow,
    syscalls: [rule(['mkdir', 'mkdirat'], errno, { excludes: { caps: ['CAP_CHOWN'] } })],
  },
  "Docker's empty includes and excludes": {
    defaultAction: allow,
    syscalls: [rule(['mkdir', 'mkdirat'], errno, { includes: {}, excludes: {} })],
  },
  "Docker's name of one call": {
    defaultAction: allow,
    syscalls: [
      { name: 'mkdir', action: errno },
      { name: 'mkdirat', action: errno },
    ],
  },
  'an error by its number': {
    defaultAction: allow,
    syscalls: [rule(['mkdir', 'mkdirat'], errno, { errnoRet: 38 })],
  },
  'an error by its name': {
    defaultAction: allow,
    syscalls: [rule(['mkdir', 'mkdirat'], errno, { errno: 'ENOSYS' })],
  },
  'a default error': { defaultAction: allow, defaultErrnoRet: 38, syscalls: [rule(['mkdir', 'mkdirat'])] },
  'a default of an error and a list of what is allowed': {
    defaultAction: errno,
    defaultErrnoRet: 1,
    syscalls: [rule(['read', 'write'], allow)],
  },
  'rules of null': { defaultAction: allow, syscalls: null },
  'no rules': { defaultAction: allow },
  'a rule without names': { defaultAction: allow, syscalls: [rule([])] },
  'a rule without an action': { defaultAction: allow, syscalls: [{ names: ['mkdir'] }] },
  'an unknown action': { defaultAction: allow, syscalls: [rule(['mkdir'], 'SCMP_ACT_NOTHING')] },
  'an unknown default action': { defaultAction: 'SCMP_ACT_NOTHING' },
  'no default action': { syscalls: [rule(['mkdir', 'mkdirat'])] },
  'an unknown call': { defaultAction: allow, syscalls: [rule(['mkdir', 'mkdirat', 'no_such_call'])] },
  'a call twice': { defaultAction: allow, syscalls: [rule(['mkdir', 'mkdir', 'mkdirat']), rule(['mkdir'])] },
  'a call allowed and forbidden': {
    defaultAction: allow,
    syscalls: [rule(['mkdir', 'mkdirat']), rule(['mkdir', 'mkdirat'], allow)],
  },
  arguments: { defaultAction: allow, syscalls: [rule(['mkdir'], errno, { args: args('SCMP_CMP_EQ', 1) })] },
  'arguments of null': {
    defaultAction: allow,
    syscalls: [rule(['mkdir', 'mkdirat'], errno, { args: null })],
  },
  'a masked argument': {
    defaultAction: allow,
    syscalls: [
      rule(['mkdir'], errno, { args: [{ index: 1, value: 511, valueTwo: 511, op: 'SCMP_CMP_MASKED_EQ' }] }),
    ],
  },
  'an unknown comparison': {
    defaultAction: allow,
    syscalls: [rule(['mkdir'], errno, { args: args('SCMP_CMP_LIKE') })],
  },
  'an argument that does not exist': {
    defaultAction: allow,
    syscalls: [rule(['mkdir'], errno, { args: args('SCMP_CMP_EQ', 7) })],
  },
  'an argument of 64 bits':
    '{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["mkdir"],"action":"SCMP_ACT_ERRNO","args":[{"index":1,"value":18446744073709551615,"op":"SCMP_CMP_EQ"}]}]}',
  flags: noMkdir({ flags: ['SECCOMP_FILTER_FLAG_LOG'] }),
  'an unknown flag': noMkdir({ flags: ['SECCOMP_FILTER_FLAG_MINE'] }),
  killing: { defaultAction: allow, syscalls: [rule(['mkdir', 'mkdirat'], 'SCMP_ACT_KILL_PROCESS')] },
  'killing by the old name': {
    defaultAction: allow,
    syscalls: [rule(['mkdir', 'mkdirat'], 'SCMP_ACT_KILL')],
  },
  logging: { defaultAction: 'SCMP_ACT_LOG' },
  'a trap': { defaultAction: allow, syscalls: [rule(['mkdir', 'mkdirat'], 'SCMP_ACT_TRAP')] },
  'a listener without a path': { defaultAction: allow, syscalls: [rule(['mkdir'], 'SCMP_ACT_NOTIFY')] },
  'members that are unknown': noMkdir({ 'x-mine': 1, description: 'mine' }),
  'names of another case': {
    DefaultAction: allow,
    Syscalls: [{ Names: ['mkdir', 'mkdirat'], Action: errno }],
  },
  'a member twice': '{"defaultAction":"SCMP_ACT_ERRNO","defaultAction":"SCMP_ACT_ALLOW"}',
  'a byte order mark': `\ufeff${JSON.stringify(noMkdir())}`,
  'blanks around it': `\n\n  ${JSON.stringify(noMkdir(), undefined, 2)}\n`,
  'text after it': `${JSON.stringify(noMkdir())} x`,
  'a comment': `// mine\n${JSON.stringify(noMkdir())}`,
  YAML: 'defaultAction: SCMP_ACT_ALLOW\n',
  'an empty file': '',
  'an empty object': {},
  null: 'null',
  'a list': [],
};

async function look({ pid, sh }: Running): Promise<Json> {
  const { Seccomp } = await processFacts(pid);
  return {
    Seccomp: Seccomp ?? '',
    mkdir: await sh('mkdir /tmp/made; echo $?'),
    date: await sh('touch /tmp/file; echo $?'),
  };
}

function run(side: RuntimeSide, seccomp: DeepPartial<SecurityProfile>, more = {}) {
  return inContainer(
    side,
    { config: { command: ['/bin/sleep', '1000'], linux: { securityContext: { seccomp, ...more } } } },
    look,
  );
}

const references: Readonly<Record<string, (file: string) => DeepPartial<SecurityProfile>>> = {
  'the default': () => ({ profileType: RuntimeDefault }),
  none: () => ({ profileType: Unconfined }),
  'an unknown type': () => ({ profileType: 9 as never }),
  'the default with a name': () => ({ profileType: RuntimeDefault, localhostRef: 'x' }),
  'a name with a prefix': (file) => ({ profileType: Localhost, localhostRef: `localhost/${file}` }),
  'a relative name': () => ({ profileType: Localhost, localhostRef: 'profile.json' }),
  'no name': () => ({ profileType: Localhost, localhostRef: '' }),
  'a missing file': (file) => ({ profileType: Localhost, localhostRef: `${file}.missing` }),
  'a folder': (file) => ({ profileType: Localhost, localhostRef: dirname(file) }),
  'a name with dots': (file) => ({
    profileType: Localhost,
    localhostRef: join(dirname(file), '.').concat(`/./${file.slice(dirname(file).length + 1)}`),
  }),
  'a link': (file) => ({ profileType: Localhost, localhostRef: `${file}.link` }),
};

export const seccomp: readonly Case<RuntimeSide>[] = [
  ...Object.entries(profiles).map(
    ([name, profile]): Case<RuntimeSide> => ({
      area,
      name,
      apply: async (side) =>
        await run(side, { profileType: Localhost, localhostRef: written(side, name, profile) }),
    }),
  ),
  ...Object.entries(references).map(
    ([name, reference]): Case<RuntimeSide> => ({
      area,
      name: `file: ${name}`,
      apply: async (side) => {
        const file = written(side, `file: ${name}`, noMkdir());
        symlinkSync(file, `${file}.link`);
        return await run(side, reference(file));
      },
    }),
  ),
  {
    area,
    name: 'a profile of a privileged container',
    apply: async (side) => {
      const localhostRef = written(side, 'privileged', noMkdir());
      return await run(side, { profileType: Localhost, localhostRef }, { privileged: true });
    },
  },
];

function written(side: RuntimeSide, name: string, profile: Json): string {
  const file = join(side.dir, 'seccomp', repositoryOf(area, name), 'profile.json');
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, typeof profile === 'string' ? profile : JSON.stringify(profile));
  return file;
}
