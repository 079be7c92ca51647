// Users and groups: of images, of requests, and what the databases in the image make of them.
import type {
  ContainerConfig,
  DeepPartial,
  LinuxContainerSecurityContext,
} from '@berth/cri/generated/api.ts';
import { SupplementalGroupsPolicy } from '@berth/cri/generated/api.ts';
import type { TarEntry } from '@berth/oci/tar/entry.ts';
import type { Case } from '../case.ts';
import { inImage } from './container.ts';
import { publish, repositoryOf } from './image.ts';
import { lookAtProcess } from './image-configs.ts';
import type { RuntimeSide } from './node.ts';

const area = 'users';

interface Row {
  /** Of the image configuration. */
  User?: string;
  passwd?: string | TarEntry;
  group?: string | TarEntry;
  context?: DeepPartial<LinuxContainerSecurityContext>;
  env?: string[];
}

const passwd =
  'root:x:0:0:root:/root:/bin/sh\nalice:x:1000:1001:Alice:/home/alice:/bin/sh\nbob:x:1002:1003::/home/bob:\n';
const group = 'root:x:0:\nstaff:x:1001:\nextra:x:1004:alice,bob\nmore:x:1005:alice\nbobs:x:1003:bob\n';
const id = (value: number) => ({ value: BigInt(value) });
const { Strict, Merge } = SupplementalGroupsPolicy;

const rows: Readonly<Record<string, Row>> = {
  none: {},
  'a name': { User: 'alice' },
  'a number of the database': { User: '1000' },
  'a number that is in no database': { User: '4000' },
  'a name and a group': { User: 'alice:staff' },
  'a name and a number of a group': { User: 'alice:4001' },
  'a number and a group': { User: '1000:extra' },
  'two numbers': { User: '4000:4001' },
  'a group alone': { User: ':staff' },
  'a colon at the end': { User: 'alice:' },
  'a colon alone': { User: ':' },
  'root by its name': { User: 'root' },
  'root and a group': { User: 'root:staff' },
  zero: { User: '0' },
  'an unknown name': { User: 'carol' },
  'a name and an unknown group': { User: 'alice:nobodies' },
  'a number and an unknown group': { User: '1000:nobodies' },
  'two colons': { User: 'alice:staff:x' },
  'blanks around the name': { User: ' alice ' },
  'a plus sign': { User: '+1000' },
  'a number below zero': { User: '-1' },
  'a number of 2^31 - 1': { User: '2147483647' },
  'a number of 2^31': { User: '2147483648' },
  'a number of 2^32 - 1': { User: '4294967295' },
  'a number of 2^32': { User: '4294967296' },
  'a number with a zero before it': { User: '01000' },
  'a number in hex': { User: '0x3e8' },
  'a name in capitals': { User: 'ALICE' },
  'a name of digits': { User: '5000', passwd: `${passwd}5000:x:1010:1011::/digits:\n` },
  'a Windows name': { User: 'ContainerAdministrator' },

  'without databases': { User: '1000', passwd: '', group: '' },
  'a name without databases': { User: 'alice', passwd: '', group: '' },
  'a database with comments and empty lines': { User: 'alice', passwd: `# users\n\n${passwd}\n+::::::\n` },
  'a database with short lines': { User: 'alice', passwd: `x\nroot:x:0\nalice:x:1000\n` },
  'a database without a newline at its end': { User: 'bob', passwd: passwd.trimEnd() },
  'a database with CR LF': {
    User: 'alice',
    passwd: passwd.replaceAll('\n', '\r\n'),
    group: group.replaceAll('\n', '\r\n'),
  },
  'a database with blanks': { User: 'alice', passwd: ' alice : x : 1000 : 1001 : : /home/x : /bin/sh \n' },
  'a database with a number that is none': { User: 'alice', passwd: 'alice:x:a:b::/home/x:\n' },
  'a database with a number below zero': { User: 'alice', passwd: 'alice:x:-5:-6::/home/x:\n' },
  'a database with a number above 2^32': { User: 'alice', passwd: 'alice:x:4294967297:1::/home/x:\n' },
  'a name twice': { User: 'alice', passwd: `alice:x:2000:2001::/first:\n${passwd}` },
  'a number twice': { User: '1000', passwd: `first:x:1000:2001::/first:\n${passwd}` },
  'no home': { User: 'alice', passwd: 'alice:x:1000:1001:::\n' },
  'a relative home': { User: 'alice', passwd: 'alice:x:1000:1001::home/x:\n' },
  'a home with every character': { User: 'alice', passwd: 'alice:x:1000:1001::/home/a b/ü=$x:\n' },
  'HOME of the image': { User: 'alice', env: ['PATH=/bin', 'HOME=/elsewhere'] },
  'an empty HOME of the image': { User: 'alice', env: ['PATH=/bin', 'HOME='] },
  'a database of 2 MB': { User: 'last', passwd: `${'user:x:7:7::/:\n'.repeat(140_000)}last:x:8:9::/last:\n` },
  'a line of 100 kB': { User: 'alice', passwd: `long:x:1:1:${'x'.repeat(100_000)}:/:\n${passwd}` },
  'a database that is an absolute link': {
    User: 'alice',
    passwd: { type: 'symlink', path: 'etc/passwd', target: '/data/passwd' },
  },
  'a database that is a relative link': {
    User: 'alice',
    passwd: { type: 'symlink', path: 'etc/passwd', target: '../data/passwd' },
  },
  'a database that is a link above the root': {
    User: 'alice',
    passwd: { type: 'symlink', path: 'etc/passwd', target: '../../../data/passwd' },
  },
  'a database that is a dangling link': {
    User: '1000',
    passwd: { type: 'symlink', path: 'etc/passwd', target: '/nowhere' },
  },
  'a database that is a link to itself': {
    User: '1000',
    passwd: { type: 'symlink', path: 'etc/passwd', target: 'passwd' },
  },
  'a database that is a folder': { User: '1000', passwd: { type: 'directory', path: 'etc/passwd' } },
  'a database that is a pipe': { User: '1000', passwd: { type: 'fifo', path: 'etc/passwd' } },
  'a database of groups that is a pipe': { User: '1000', group: { type: 'fifo', path: 'etc/group' } },
  'a database that is a device': {
    User: '1000',
    passwd: { type: 'character-device', path: 'etc/passwd', major: 1, minor: 3 },
  },
  'a database that nobody may read': {
    User: 'alice',
    passwd: { type: 'file', path: 'etc/passwd', content: passwd, mode: 0 },
  },
  'groups with blanks': { User: 'alice', group: 'extra:x:1004: alice , bob \n' },
  'groups with empty members': { User: 'alice', group: 'extra:x:1004:,alice,,\n' },
  'groups with short lines': { User: 'alice', group: 'extra\nmore:x\nmost:x:1006\n' },
  'a group with a number that is none': { User: 'alice', group: 'extra:x:abc:alice\nmore:x:1005:alice\n' },
  'a group twice': { User: 'alice:extra', group: 'extra:x:1004:\nextra:x:2004:alice\n' },
  'a user in 70 groups': {
    User: 'alice',
    group: Array.from({ length: 70 }, (_, index) => `g${index}:x:${3000 + index}:alice\n`).join(''),
  },

  'a number of the request': { context: { runAsUser: id(1000) } },
  'a number of the request that is in no database': { context: { runAsUser: id(4000) } },
  'a number of the request over a name of the image': { User: 'bob', context: { runAsUser: id(1000) } },
  'a number of the request over a group of the image': {
    User: 'bob:staff',
    context: { runAsUser: id(1000) },
  },
  'zero of the request over a name of the image': { User: 'alice', context: { runAsUser: id(0) } },
  'a name of the request': { context: { runAsUsername: 'alice' } },
  'a name of the request that is unknown': { context: { runAsUsername: 'carol' } },
  'a name of the request over a name of the image': { User: 'bob', context: { runAsUsername: 'alice' } },
  'both a name and a number of the request': { context: { runAsUsername: 'alice', runAsUser: id(1002) } },
  'a name of the request that is a number': { context: { runAsUsername: '1000' } },
  'a number below zero of the request': { context: { runAsUser: id(-1) } },
  'a number of the request above 2^32': { context: { runAsUser: id(2 ** 32) } },
  'a group of the request': { context: { runAsUser: id(1000), runAsGroup: id(4001) } },
  'a group of the request alone': { context: { runAsGroup: id(4001) } },
  'a group of the request over a name of the image': { User: 'alice', context: { runAsGroup: id(4001) } },
  'a name and a group of the request': { context: { runAsUsername: 'alice', runAsGroup: id(4001) } },
  'a group of the request below zero': { context: { runAsUser: id(1000), runAsGroup: id(-1) } },
  'supplemental groups': { context: { runAsUser: id(1000), supplementalGroups: [5000n, 5001n] } },
  'supplemental groups of root': { context: { supplementalGroups: [5000n] } },
  'supplemental groups twice': {
    context: { runAsUser: id(1000), supplementalGroups: [5000n, 5000n, 1001n] },
  },
  'a supplemental group below zero': { context: { supplementalGroups: [-1n] } },
  'supplemental groups, merged': {
    context: { runAsUser: id(1000), supplementalGroups: [5000n], supplementalGroupsPolicy: Merge },
  },
  'supplemental groups, strict': {
    context: { runAsUser: id(1000), supplementalGroups: [5000n], supplementalGroupsPolicy: Strict },
  },
  'no supplemental groups, strict': { User: 'alice', context: { supplementalGroupsPolicy: Strict } },
  'an unknown policy': { User: 'alice', context: { supplementalGroupsPolicy: 7 as never } },
  'no new privileges': { User: 'alice', context: { noNewPrivs: true } },
  privileged: { User: 'alice', context: { privileged: true } },
  'every capability': { context: { capabilities: { addCapabilities: ['ALL'] } } },
  'no capability': { context: { capabilities: { dropCapabilities: ['ALL'] } } },
  'none but one': {
    context: { capabilities: { dropCapabilities: ['ALL'], addCapabilities: ['NET_BIND_SERVICE'] } },
  },
  'all but one': { context: { capabilities: { dropCapabilities: ['NET_RAW'], addCapabilities: ['ALL'] } } },
  'a capability in small letters': { context: { capabilities: { addCapabilities: ['sys_time'] } } },
  'a capability with CAP_': { context: { capabilities: { addCapabilities: ['CAP_SYS_TIME'] } } },
  'a capability with cap_': {
    context: { capabilities: { addCapabilities: ['cap_sys_time'], dropCapabilities: ['cap_chown'] } },
  },
  'a capability that is unknown': { context: { capabilities: { addCapabilities: ['FLY'] } } },
  'a capability that is unknown to drop': { context: { capabilities: { dropCapabilities: ['FLY'] } } },
  'a capability both added and dropped': {
    context: { capabilities: { addCapabilities: ['CHOWN'], dropCapabilities: ['CHOWN'] } },
  },
  'a capability without a name': { context: { capabilities: { addCapabilities: [''] } } },
  'ambient capabilities': {
    User: 'alice',
    context: { capabilities: { addAmbientCapabilities: ['NET_RAW'], addCapabilities: ['NET_RAW'] } },
  },
  'capabilities of a user': { User: 'alice', context: { capabilities: { addCapabilities: ['SYS_TIME'] } } },
};

function databases({ passwd: users = passwd, group: groups = group }: Row): TarEntry[] {
  const entry = (path: string, content: string | TarEntry): TarEntry =>
    typeof content === 'string' ? { type: 'file', path, content } : content;
  return [
    { type: 'directory', path: 'data' },
    { type: 'file', path: 'data/passwd', content: passwd },
    entry('etc/passwd', users),
    entry('etc/group', groups),
  ];
}

export const users: readonly Case<RuntimeSide>[] = Object.entries(rows).map(
  ([name, row]): Case<RuntimeSide> => ({
    area,
    name,
    apply: async (side) => {
      const { User, env, context } = row;
      const { reference } = publish(side.registry, repositoryOf(area, name), {
        layers: [databases(row)],
        config: { ...(User !== undefined && { User }), ...(env && { Env: env }) },
      });
      const config: DeepPartial<ContainerConfig> = context ? { linux: { securityContext: context } } : {};
      return await inImage(side, reference, config, lookAtProcess);
    },
  }),
);
