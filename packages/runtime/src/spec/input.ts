import type { ContainerConfig } from '@berth/cri/generated/api.ts';
import type { IdMappings } from '@berth/linux/namespaces/id-mappings.ts';
import type { ExecutionParameters } from '@berth/oci/image-spec/image-config.ts';
import type { LinuxDevice, PosixRlimit } from '@berth/oci/runtime-spec/config.ts';
import type { AppArmorSupport } from '../apparmor/detect.ts';
import type { CgroupNaming } from '../cgroups/naming.ts';
import type { Warn } from '../rpc/warn.ts';
import type { SeccompProfile } from './seccomp-profile.ts';
import type { SelinuxLabels, SelinuxPolicy } from './selinux.ts';

/** Everything that `ociSpec` derives config.json from: plain data, so that it needs no system to be tested. */
export interface SpecInput {
  containerId: string;
  config: ContainerConfig;
  sandbox: SandboxView;
  /** Parameters of the image's configuration, and the name it was asked for by. */
  image: ExecutionParameters;
  imageName: string;
  /** The mounted root file system. */
  rootfsPath: string;
  /** What the runtime handler lets the OCI runtime see and a privileged container have. */
  handler: {
    /** Annotations of the pod and the container, those that the handler passes on. */
    annotations: Readonly<Record<string, string>>;
    privilegedWithoutHostDevices: boolean;
  };
  host: HostFacts;
  /** Undefined where SELinux is not in use. */
  selinux?: SelinuxLabels | undefined;
  facts: ContainerFacts;
  warn: Warn;
}

/** What a container needs to know of its pod. */
export interface SandboxView {
  id: string;
  name: string;
  namespace: string;
  uid: string;
  /** Host name inside the pod, of the node for a pod in the host's network. */
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
  /** Whom the pod's user namespace maps; undefined in the host's. */
  users?: IdMappings | undefined;
  /** Whether the pod is in the host's PID namespace. */
  hostPid: boolean;
  /** Pid of the init of a PID namespace that the pod's containers share. */
  initPid?: number | undefined;
  /** Files of the pod that are mounted into each container unless the request mounts something there. */
  files: { hostname?: string | undefined; hosts?: string | undefined; resolvConf?: string | undefined };
  /** The pod's /dev/shm; of a pod in the host's IPC namespace the host's. */
  shm?: string | undefined;
}

/** What the host is and allows; the same for every container (spec/host-inputs/host.ts reads it). */
export interface HostFacts {
  /** Node's process.arch. */
  arch: string;
  /** The kernel's version, as `6.1.0-18-amd64`. */
  kernel: string;
  cgroupVersion: 'v1' | 'hybrid' | 'v2';
  cgroupNaming: CgroupNaming;
  /** Names with CAP_: what containers can be given at most. */
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

/** What was looked up on the host for one container (spec/host-inputs/container.ts does). */
export interface ContainerFacts {
  /** Contents of /etc/passwd and /etc/group in the root file system; empty when there is none. */
  passwd: string;
  group: string;
  /** One per `config.mounts`, in order. */
  mounts: readonly MountSource[];
  /** What the host's /dev/shm does not let its files do. */
  hostShm: readonly Restriction[];
  /** Device nodes of `config.devices`, directories expanded, as they shall be in the container. */
  devices: readonly DeviceNode[];
  /** Every device of the host; only read for privileged containers. */
  hostDevices: readonly LinuxDevice[];
  /** The profile of a Localhost seccomp setting. */
  seccompProfile?: SeccompProfile | undefined;
  /** Changes while the node runs, as profiles are loaded. */
  apparmor: AppArmorSupport;
  /** Pid of the container that `namespace_options.target_id` names. */
  targetPid?: number | undefined;
}

/** A host path to mount, with symbolic links resolved, and what the mount is like that holds it. */
export interface MountSource {
  path: string;
  propagation: 'shared' | 'slave' | 'private';
  /** Where that mount is, for messages. */
  mountPoint: string;
  /** Type of the file system; '' for what is mounted later. */
  fstype: string;
  readonly: boolean;
  /** What the mount does not let its files do. */
  restrictions: readonly Restriction[];
}

/** An option of mounts that takes rights from the files in it. */
export type Restriction = 'nosuid' | 'nodev' | 'noexec';

export interface DeviceNode {
  device: LinuxDevice;
  /** A combination of r, w and m; of none of them where the request has other letters alone. */
  access: string;
}
