// The input of ociSpec(): the request, the pod, the image and the facts of the host, as plain data.

import type { ContainerConfig } from '@berth/cri/generated/api.ts';
import type { IdMappings } from '@berth/linux/namespaces/id-mappings.ts';
import type { SelinuxPolicy } from '@berth/linux/security/selinux-context.ts';
import type { ExecutionParameters } from '@berth/oci/image-spec/image-config.ts';
import type { LinuxDevice, PosixRlimit } from '@berth/oci/runtime-spec/config.ts';
import type { AppArmorSupport } from '../apparmor/detect.ts';
import type { CgroupNaming } from '../cgroups/naming.ts';
import type { Warn } from '../rpc/warn.ts';
import type { SeccompProfile } from './seccomp-profile.ts';
import type { SelinuxLabels } from './selinux.ts';

/** The input of `ociSpec`: plain data, so that tests need no system. */
export interface SpecInput {
  containerId: string;
  config: ContainerConfig;
  sandbox: SandboxView;
  /** Parameters of the image's configuration, and the image's name in the request. */
  image: ExecutionParameters;
  imageName: string;
  /** The mounted root file system. */
  rootfsPath: string;
  /** Settings of the runtime handler. */
  handler: {
    /** Annotations of the pod and the container that the handler passes on. */
    annotations: Readonly<Record<string, string>>;
    privilegedWithoutHostDevices: boolean;
  };
  host: HostFacts;
  /** Undefined where SELinux is not in use. */
  selinux?: SelinuxLabels | undefined;
  facts: ContainerFacts;
  warn: Warn;
}

/** The parts of a pod that a container's config.json depends on. */
export interface SandboxView {
  id: string;
  name: string;
  namespace: string;
  uid: string;
  /** Host name inside the pod; the node's for a pod in the host's network. */
  hostname: string;
  /** The pod's cgroup: a path below the cgroup root, or a slice (systemd driver). */
  cgroupParent: string;
  privileged: boolean;
  /** Pinned namespaces of the pod as files; an absent one is the host's. */
  namespaces: {
    user?: string | undefined;
    network?: string | undefined;
    ipc?: string | undefined;
    uts?: string | undefined;
  };
  /** Id mappings of the pod's user namespace; undefined for the host's. */
  users?: IdMappings | undefined;
  /** Whether the pod is in the host's PID namespace. */
  hostPid: boolean;
  /** Pid of the init of a PID namespace that the pod's containers share. */
  initPid?: number | undefined;
  /** Files of the pod that are mounted into each container unless the request mounts something there. */
  files: { hostname?: string | undefined; hosts?: string | undefined; resolvConf?: string | undefined };
  /** The pod's /dev/shm, or the host's for a pod in the host's IPC namespace. */
  shm?: string | undefined;
}

/** Properties of the host, the same for every container (spec/host-inputs/host.ts reads them). */
export interface HostFacts {
  /** Node's process.arch. */
  arch: string;
  /** The kernel's version, as `6.1.0-18-amd64`. */
  kernel: string;
  cgroupVersion: 'v1' | 'hybrid' | 'v2';
  cgroupNaming: CgroupNaming;
  /** The maximum set of capabilities of containers; names begin with CAP_. */
  boundingCapabilities: readonly string[];
  /** The lowest oom_score_adj that berthd may give; -1000 with CAP_SYS_RESOURCE. */
  minOomScoreAdj: number;
  hugetlb: boolean;
  swapAccounting: boolean;
  /** Undefined where SELinux is not in use. */
  selinux: SelinuxPolicy | undefined;
  seccomp: boolean;
  /** Limits of a container's processes. */
  rlimits: readonly PosixRlimit[];
}

/** Facts of the host for one container (spec/host-inputs/container.ts reads them). */
export interface ContainerFacts {
  /** Contents of /etc/passwd and /etc/group in the root file system; empty for a missing file. */
  passwd: string;
  group: string;
  /** One per `config.mounts`, in order. */
  mounts: readonly MountSource[];
  /** Mount restrictions of the host's /dev/shm. */
  hostShm: readonly Restriction[];
  /** Device nodes of `config.devices` as they will be in the container, with directories expanded. */
  devices: readonly DeviceNode[];
  /** Every device of the host; only read for privileged containers. */
  hostDevices: readonly LinuxDevice[];
  /** The profile of a Localhost seccomp setting. */
  seccompProfile?: SeccompProfile | undefined;
  /** Read for each container, since profiles can be loaded at any time. */
  apparmor: AppArmorSupport;
  /** Pid of the container that `namespace_options.target_id` names. */
  targetPid?: number | undefined;
}

/** A host path to mount, with symbolic links resolved, and properties of the mount that contains it. */
export interface MountSource {
  path: string;
  propagation: 'shared' | 'slave' | 'private';
  /** Mount point of that mount, for messages. */
  mountPoint: string;
  /** Type of the file system; '' for a source that is mounted later. */
  fstype: string;
  readonly: boolean;
  /** Restrictions of that mount. */
  restrictions: readonly Restriction[];
}

/** A mount option that restricts the files in it. */
export type Restriction = 'nosuid' | 'nodev' | 'noexec';

export interface DeviceNode {
  device: LinuxDevice;
  /** A combination of r, w and m; other letters are dropped. */
  access: string;
}
