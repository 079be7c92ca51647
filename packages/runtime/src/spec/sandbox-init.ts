// Derives config.json of a sandbox's init, and the spec that `crictl inspectp` shows for a sandbox without one.

import type { IdMapping } from '@berth/linux/namespaces/id-mappings.ts';
import type { Spec, User } from '@berth/oci/runtime-spec/config.ts';
import { specAnnotations } from './annotations.ts';
import type { HostFacts, SandboxView } from './input.ts';
import { idMappings, podNamespaces } from './namespaces.ts';
import type { SelinuxLabels } from './selinux.ts';
import { ociSpecVersion } from './spec.ts';

/** Path of the init inside its root file system, which has no other file. */
const initInContainer = '/catatonit';

/**
 * config.json of the process that holds the PID namespace shared by a pod's containers: it adopts and reaps
 * orphans. Its root is an empty tmpfs (`rootfsPath`, to which the runtime adds mount points) with the host's static
 * catatonit mounted into it; it has no capabilities.
 */
export function sandboxInitSpec(options: {
  sandbox: SandboxView;
  /** Absolute path of the static init binary on the host. */
  initPath: string;
  rootfsPath: string;
  host: Pick<HostFacts, 'cgroupNaming' | 'minOomScoreAdj'>;
  selinux?: SelinuxLabels | undefined;
}): Spec {
  const { sandbox, initPath, rootfsPath, host, selinux } = options;
  return {
    ociVersion: ociSpecVersion,
    process: {
      terminal: false,
      user: nobody(sandbox),
      // -P: start no child, only reap orphans.
      args: [initInContainer, '-P'],
      env: ['PATH=/'],
      cwd: '/',
      capabilities: { bounding: [], effective: [], permitted: [] },
      noNewPrivileges: true,
      ...(selinux?.process ? { selinuxLabel: selinux.process } : {}),
      // The OOM killer should choose the init last: its end ends every container in the namespace.
      oomScoreAdj: Math.max(-998, host.minOomScoreAdj),
    },
    root: { path: rootfsPath, readonly: true },
    mounts: [
      { destination: '/proc', type: 'proc', source: 'proc', options: ['nosuid', 'noexec', 'nodev'] },
      { destination: '/dev', type: 'tmpfs', source: 'tmpfs', options: ['nosuid', 'mode=755', 'size=64k'] },
      {
        destination: initInContainer,
        type: 'bind',
        source: initPath,
        options: ['bind', 'rprivate', 'ro', 'nosuid', 'nodev'],
      },
    ],
    annotations: specAnnotations({ sandbox, type: 'sandbox' }),
    linux: {
      namespaces: [{ type: 'mount' }, { type: 'pid' }, ...podNamespaces(sandbox)],
      ...idMappings(sandbox),
      cgroupsPath: host.cgroupNaming.cgroupsPath(sandbox.cgroupParent, sandbox.id),
      // The minimum of CPU shares, which other runtimes give their pause container.
      resources: { cpu: { shares: 2 }, devices: [{ allow: false, access: 'rwm' }] },
      ...(selinux?.mount ? { mountLabel: selinux.mount } : {}),
      maskedPaths: ['/proc/kcore', '/proc/keys', '/proc/timer_list'],
      readonlyPaths: ['/proc/sys', '/proc/sysrq-trigger', '/proc/irq', '/proc/bus'],
    },
  };
}

/**
 * The spec that describes a sandbox without an init: its pinned namespaces, cgroup and annotations. No process runs
 * with it.
 */
export function sandboxSpec(options: {
  sandbox: SandboxView;
  host: Pick<HostFacts, 'cgroupNaming'>;
}): Omit<Spec, 'root'> {
  const { sandbox, host } = options;
  return {
    ociVersion: ociSpecVersion,
    hostname: sandbox.hostname,
    annotations: specAnnotations({ sandbox, type: 'sandbox' }),
    linux: {
      namespaces: [
        { type: 'mount' },
        ...(sandbox.hostPid ? [] : [{ type: 'pid' as const }]),
        ...podNamespaces(sandbox),
      ],
      ...idMappings(sandbox),
      cgroupsPath: host.cgroupNaming.cgroupsPath(sandbox.cgroupParent, sandbox.id),
    },
  };
}

/** An unprivileged user that the pod's user namespace maps: nobody (65534), or the last mapped user. */
function nobody({ users }: SandboxView): User {
  const last = (mappings: readonly IdMapping[] | undefined) =>
    Math.min(65535, (mappings?.[0]?.length ?? 65536) - 1);
  return { uid: last(users?.uids), gid: last(users?.gids) };
}
