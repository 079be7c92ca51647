// Mounts of requests: what kubelets, crictl's users and their volumes ask for.
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  type ContainerConfig,
  type DeepPartial,
  type Mount,
  MountPropagation,
} from '@berth/cri/generated/api.ts';
import type { TarEntry } from '@berth/oci/tar/entry.ts';
import type { Case } from '../case.ts';
import { inImage } from './container.ts';
import { publish, repositoryOf } from './image.ts';
import type { RuntimeSide } from './node.ts';
import { mountFacts } from './process.ts';

const area = 'mounts';
const { PROPAGATION_BIDIRECTIONAL: bidirectional, PROPAGATION_HOST_TO_CONTAINER: fromHost } =
  MountPropagation;

/** Mounts of `DIR/…`, a folder of the case: d (with d/a), e, f (a file), l -> d, dangling -> nowhere. */
type Mounts = DeepPartial<Mount>[];
const folder = (containerPath: string, more: DeepPartial<Mount> = {}): DeepPartial<Mount> => ({
  hostPath: 'DIR/d',
  containerPath,
  ...more,
});
const file = (containerPath: string): DeepPartial<Mount> => ({ hostPath: 'DIR/f', containerPath });

const rows: Readonly<
  Record<string, { mounts: Mounts; layer?: TarEntry[]; config?: DeepPartial<ContainerConfig> }>
> = {
  'a folder': { mounts: [folder('/m')] },
  'a folder to read': { mounts: [folder('/m', { readonly: true })] },
  'a file': { mounts: [file('/m')] },
  'a missing host path': { mounts: [{ hostPath: 'DIR/new/folder', containerPath: '/m' }] },
  'a host path below a file': { mounts: [{ hostPath: 'DIR/f/x', containerPath: '/m' }] },
  'a host path that is a link': { mounts: [{ hostPath: 'DIR/l', containerPath: '/m' }] },
  'a host path that is a dangling link': { mounts: [{ hostPath: 'DIR/dangling', containerPath: '/m' }] },
  'a host path with dots': { mounts: [{ hostPath: 'DIR/e/.././d/', containerPath: '/m' }] },
  'a relative host path': { mounts: [{ hostPath: 'no/such/folder', containerPath: '/m' }] },
  'an empty host path': { mounts: [{ hostPath: '', containerPath: '/m' }] },
  'a socket': { mounts: [{ hostPath: 'DIR/socket', containerPath: '/m' }] },
  'a device': { mounts: [{ hostPath: '/dev/null', containerPath: '/m' }] },
  'a relative container path': { mounts: [folder('m/n')] },
  'an empty container path': { mounts: [folder('')] },
  'the root as container path': { mounts: [folder('/')] },
  'a container path with dots': { mounts: [folder('/x/../m/./n/')] },
  'a container path above the root': { mounts: [folder('/../../m')] },
  'a container path with slashes': { mounts: [folder('//m///n')] },
  'a container path with blanks': { mounts: [folder('/a b/ü\t')] },
  'a container path with a colon and a comma': { mounts: [folder('/a:b,c')] },
  'a container path with a backslash': { mounts: [folder('C:\\data')] },
  'a missing container path': { mounts: [folder('/x/y/z')] },
  'a folder on a file': { mounts: [folder('/etc/passwd')] },
  'a file on a folder': { mounts: [file('/tmp')] },
  'a file on a file': { mounts: [file('/etc/passwd')] },
  'a folder on a link': {
    mounts: [folder('/link')],
    layer: [
      { type: 'directory', path: 'data' },
      { type: 'symlink', path: 'link', target: '/data' },
    ],
  },
  'a folder below a link': {
    mounts: [folder('/link/x')],
    layer: [
      { type: 'directory', path: 'data' },
      { type: 'symlink', path: 'link', target: '/data' },
    ],
  },
  'a folder on a dangling link': {
    mounts: [folder('/link')],
    layer: [{ type: 'symlink', path: 'link', target: '/nowhere/x' }],
  },
  'a folder on a link above the root': {
    mounts: [folder('/link')],
    layer: [{ type: 'symlink', path: 'link', target: '../../../data' }],
  },
  'a folder on a link to itself': {
    mounts: [folder('/link')],
    layer: [{ type: 'symlink', path: 'link', target: 'link' }],
  },
  'a file on a dangling link': {
    mounts: [file('/link')],
    layer: [{ type: 'symlink', path: 'link', target: '/nowhere/x' }],
  },
  'run as a link to var/run': {
    mounts: [folder('/var/run/secrets/x', { readonly: true })],
    layer: [
      { type: 'directory', path: 'run' },
      { type: 'symlink', path: 'var/run', target: '/run' },
    ],
  },
  'twice the same path': { mounts: [folder('/m'), { hostPath: 'DIR/e', containerPath: '/m' }] },
  'twice the same path with a slash': { mounts: [folder('/m'), { hostPath: 'DIR/e', containerPath: '/m/' }] },
  'an inner mount before the outer one': {
    mounts: [{ hostPath: 'DIR/e', containerPath: '/m/inner' }, folder('/m')],
  },
  'a mount in one to read': {
    mounts: [folder('/m', { readonly: true }), { hostPath: 'DIR/e', containerPath: '/m/sub' }],
  },
  'a mount in one to read, on what is missing': {
    mounts: [folder('/m', { readonly: true }), { hostPath: 'DIR/e', containerPath: '/m/new' }],
  },
  'a file in a mount': { mounts: [folder('/m'), file('/m/file')] },
  'on proc': { mounts: [folder('/proc')] },
  'below proc': { mounts: [file('/proc/uptime')] },
  'below proc, on what is missing': { mounts: [file('/proc/nothing')] },
  'on sys': { mounts: [folder('/sys')] },
  'on dev': { mounts: [folder('/dev')] },
  'on dev/shm': { mounts: [folder('/dev/shm')] },
  'on dev/termination-log': { mounts: [file('/dev/termination-log')] },
  'on sys/fs/cgroup': { mounts: [folder('/sys/fs/cgroup')] },
  'on etc/hosts': { mounts: [file('/etc/hosts')] },
  'on etc/resolv.conf': { mounts: [file('/etc/resolv.conf')] },
  'on etc/hostname': { mounts: [file('/etc/hostname')] },
  'on etc/hosts with dots': { mounts: [file('/etc/../etc/hosts')] },
  'on run': { mounts: [folder('/run')] },
  'proc of the host': { mounts: [{ hostPath: '/proc', containerPath: '/host/proc', readonly: true }] },
  'sys of the host': { mounts: [{ hostPath: '/sys', containerPath: '/host/sys', readonly: true }] },
  'from the host': { mounts: [folder('/m', { propagation: fromHost })] },
  'both ways': { mounts: [folder('/m', { propagation: bidirectional })] },
  'both ways, privileged': {
    mounts: [folder('/m', { propagation: bidirectional })],
    config: { linux: { securityContext: { privileged: true } } },
  },
  'an unknown propagation': { mounts: [folder('/m', { propagation: 9 as never })] },
  'recursively to read': { mounts: [folder('/m', { readonly: true, recursiveReadOnly: true })] },
  'recursively to read, not to read': { mounts: [folder('/m', { recursiveReadOnly: true })] },
  'recursively to read, from the host': {
    mounts: [folder('/m', { readonly: true, recursiveReadOnly: true, propagation: fromHost })],
  },
  relabelled: { mounts: [folder('/m', { selinuxRelabel: true })] },
  'with maps of users': {
    mounts: [folder('/m', { uidMappings: [{ hostId: 0, containerId: 0, length: 5 }] })],
  },
  'a root to read': {
    mounts: [folder('/m')],
    config: { linux: { securityContext: { readonlyRootfs: true } } },
  },
  'a root to read, and a path that is missing': {
    mounts: [folder('/not/there')],
    config: { linux: { securityContext: { readonlyRootfs: true } } },
  },
  'masked and read-only paths': {
    mounts: [],
    config: {
      linux: {
        securityContext: {
          maskedPaths: ['/etc/group', '/nothing', 'relative'],
          readonlyPaths: ['/tmp', '/nothing'],
        },
      },
    },
  },
  'a working directory in a mount': { mounts: [folder('/m')], config: { workingDir: '/m/sub' } },
  'a device of the request': {
    mounts: [],
    config: { devices: [{ hostPath: '/dev/null', containerPath: '/dev/mine', permissions: 'rwm' }] },
  },
  'a device that is missing': {
    mounts: [],
    config: { devices: [{ hostPath: '/dev/nothing', containerPath: '/dev/mine', permissions: 'rwm' }] },
  },
  'a device that is a folder': {
    mounts: [],
    config: { devices: [{ hostPath: 'DIR/devices', containerPath: '/dev/mine', permissions: 'rw' }] },
  },
  'a device without permissions': {
    mounts: [],
    config: { devices: [{ hostPath: '/dev/null', containerPath: '/dev/mine', permissions: '' }] },
  },
  'a device with odd permissions': {
    mounts: [],
    config: { devices: [{ hostPath: '/dev/null', containerPath: '/dev/mine', permissions: 'xyz' }] },
  },
  'a device without a container path': {
    mounts: [],
    config: { devices: [{ hostPath: '/dev/null', containerPath: '', permissions: 'r' }] },
  },
  'a device elsewhere': {
    mounts: [],
    config: { devices: [{ hostPath: '/dev/null', containerPath: '/data/mine', permissions: 'r' }] },
  },
  'a device by a link': {
    mounts: [],
    config: { devices: [{ hostPath: 'DIR/null', containerPath: '/dev/mine', permissions: 'r' }] },
  },
};

const look =
  'ls -la /m /dev/mine /data /data/mine 2>/dev/null | grep -v total | sed "s/ [A-Z][a-z][a-z] .*:[0-9]* / /; s/ [A-Z][a-z][a-z] .* 20[0-9][0-9] / /"; (echo x > /m/written) 2>/dev/null; echo $?';

export const mounts: readonly Case<RuntimeSide>[] = Object.entries(rows).map(
  ([name, { mounts, layer = [], config = {} }]): Case<RuntimeSide> => ({
    area,
    name,
    apply: async (side) => {
      const repository = repositoryOf(area, name);
      const dir = join(side.dir, repository);
      for (const each of ['d/sub', 'e', 'devices']) mkdirSync(join(dir, each), { recursive: true });
      for (const each of ['d/a', 'f']) writeFileSync(join(dir, each), 'of the host\n');
      symlinkSync('d', join(dir, 'l'));
      symlinkSync('nowhere', join(dir, 'dangling'));
      symlinkSync('/dev/null', join(dir, 'null'));
      const here = <Kind extends { hostPath?: string }>(each: Kind): Kind => ({
        ...each,
        hostPath: each.hostPath?.replace('DIR', dir),
      });
      const { reference } = publish(side.registry, repository, { layers: [layer] });
      return await inImage(
        side,
        reference,
        { ...config, mounts: mounts.map(here), ...(config.devices && { devices: config.devices.map(here) }) },
        async ({ pid, sh }) => ({ mounts: mountFacts(pid), seen: await sh(look) }),
      );
    },
  }),
);
