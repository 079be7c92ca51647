// CRI's ContainerConfig of a container: a pure function of the pod, the sandbox and the prepared files.
import { messageOf } from '@berth/common/error-message.ts';
import {
  type ContainerConfig,
  type DeepPartial,
  type Device,
  type ImageSpec,
  type LinuxContainerSecurityContext,
  type Mount,
  MountPropagation,
  NamespaceMode,
} from '@berth/cri/generated/api.ts';
import type { Container, Pod, VolumeMount } from '../api/pod.ts';
import { stopSignal } from '../api/stop-signal.ts';
import type { CgroupNode } from '../cgroups/cgroup-node.ts';
import type { ContainerDevices } from '../devices/container-devices.ts';
import {
  containerEnvironment,
  type Environment,
  type EnvironmentSources,
  expandCommand,
} from '../env/environment.ts';
import { annotationsOf, containerLabels } from '../kubecontainer/labels.ts';
import type { PresentImage } from '../kubecontainer/present-image.ts';
import type { KubeletOptions } from '../options/kubelet-options.ts';
import { logPath } from '../paths/pod-paths.ts';
import { userNamespace } from '../sandbox/namespaces.ts';
import type { PodIds } from '../userns/id-ranges.ts';
import { linuxResources } from './linux-resources.ts';
import { isRecursivelyReadOnly } from './recursive-read-only.ts';
import { containerSecurityContext } from './security-context.ts';

/** What a volume mount of a container mounts. */
export type MountSource =
  | {
      from: 'node';
      /** Path on the node. */
      hostPath: string;
      /** True when the container may only read it, whatever the mount says. */
      isReadOnly: boolean;
      /** Whether it gets the SELinux label of the pod: volumes of the pod do, paths of the node keep theirs. */
      isRelabelled: boolean;
    }
  /** `subPath` of an image; empty: all of it. */
  | { from: 'image'; image: DeepPartial<ImageSpec>; subPath: string };

/** The files and image prepared for one attempt of a container. */
export interface ContainerParts {
  restartCount: number;
  /** The runtime's id of the image, and its user. */
  image: PresentImage;
  place: EnvironmentSources;
  cgroups: CgroupNode;
  /** What each volume mount of the container mounts, by its mount path. */
  mountSources: ReadonlyMap<string, MountSource>;
  /** The block devices of its volumes. */
  volumeDevices: readonly DeepPartial<Device>[];
  /** Whether the runtime can make mounts below a read-only mount read-only. */
  canMountRecursivelyReadOnly: boolean;
  /** The managed /etc/hosts; undefined: use the image's. */
  hostsFile: string | undefined;
  /** The file for the container's termination message. */
  terminationLog: string | undefined;
  /** Paths that containers of this node do not see. */
  maskedPaths: readonly string[];
  /** Devices of plugins, and what comes with them. */
  devices: ContainerDevices | undefined;
  /** Whether mounts get labels at all. */
  isSELinuxEnabled: boolean;
  /** The ids of a pod with users of its own. */
  ids: PodIds | undefined;
  /** Groups of the pod's persistent volumes. */
  volumeGroups: readonly bigint[];
  /** Id of the container whose process namespace an ephemeral container looks into. */
  targetId?: string | undefined;
}

/** The configuration of `container`. Throws (CreateContainerConfigError) when a value is not available. */
export function containerConfig(
  pod: Pod,
  container: Container,
  parts: ContainerParts,
  options: KubeletOptions,
): DeepPartial<ContainerConfig> {
  const { devices } = parts;
  // The variables of the container replace those of its devices.
  const environment: Environment = new Map([
    ...[...(devices?.envs ?? [])].map(([name, value]) => [name, Buffer.from(value)] as const),
    ...containerEnvironment(pod, container, parts.place),
  ]);
  return {
    metadata: { name: container.name, attempt: parts.restartCount },
    image: { image: parts.image.ref, userSpecifiedImage: container.image },
    command: expandCommand(container.command, environment),
    args: expandCommand(container.args, environment),
    workingDir: container.workingDir ?? '',
    envs: [...environment].map(([key, value]) => ({ key, value })),
    mounts: [...deviceMounts(devices), ...mounts(container, parts)],
    devices: [...(devices?.devices ?? []).map((device) => ({ ...device })), ...parts.volumeDevices],
    CDIDevices: (devices?.cdiDevices ?? []).map((name) => ({ name })),
    labels: containerLabels(pod, container),
    annotations: {
      ...Object.fromEntries(devices?.annotations ?? []),
      ...annotationsOf(pod, container, parts.restartCount),
    },
    logPath: logPath(container.name, parts.restartCount),
    stdin: container.stdin === true,
    stdinOnce: container.stdinOnce === true,
    tty: container.tty === true,
    stopSignal: stopSignal(container.lifecycle?.stopSignal),
    linux: {
      resources: linuxResources(pod, container, options, parts.cgroups),
      securityContext: inTarget(
        parts.targetId,
        containerSecurityContext(pod, container, parts.image.user, {
          ids: parts.ids,
          volumeGroups: parts.volumeGroups,
          maskedPaths: parts.maskedPaths,
          seccomp: { default: options.seccompDefault, profileRoot: `${options.rootDir}/seccomp` },
        }),
      ),
    },
  };
}

function deviceMounts(devices: ContainerDevices | undefined): DeepPartial<Mount>[] {
  return (devices?.mounts ?? []).map(({ containerPath, hostPath, readOnly }) => ({
    containerPath,
    hostPath,
    readonly: readOnly,
  }));
}

/** The security context of a container in the process namespace of another, unless it shares that of pod or node. */
function inTarget(
  targetId: string | undefined,
  context: DeepPartial<LinuxContainerSecurityContext>,
): DeepPartial<LinuxContainerSecurityContext> {
  const { namespaceOptions } = context;
  if (targetId === undefined || namespaceOptions?.pid !== NamespaceMode.CONTAINER) return context;
  return { ...context, namespaceOptions: { ...namespaceOptions, pid: NamespaceMode.TARGET, targetId } };
}

function mounts(container: Container, parts: ContainerParts): DeepPartial<Mount>[] {
  const volumes = (container.volumeMounts ?? []).map((mount: VolumeMount): DeepPartial<Mount> => {
    const source = parts.mountSources.get(mount.mountPath);
    if (source === undefined) {
      throw new Error(`cannot find volume "${mount.name}" to mount into container "${container.name}"`);
    }
    return {
      containerPath: absolute(mount.mountPath),
      ...sourceFields(source, mount, parts),
      recursiveReadOnly: recursively(mount, parts),
      propagation: propagation(mount),
      mountOptions: mount.bindMountOptions ?? [],
    };
  });
  const all = [...volumes];
  if (parts.hostsFile && !volumes.some((mount) => mount.containerPath === '/etc/hosts')) {
    all.push({ ...podFile(parts), containerPath: '/etc/hosts', hostPath: parts.hostsFile });
  }
  if (parts.terminationLog) {
    const containerPath = absolute(container.terminationMessagePath);
    all.push({ ...podFile(parts), containerPath, hostPath: parts.terminationLog });
  }
  // The runtime shows the owners of files in them as the pod's users see them.
  const { uids, gids } = userNamespace(parts.ids);
  return all.map((mount) => ({ ...mount, uidMappings: uids, gidMappings: gids }));
}

function sourceFields(
  source: MountSource,
  { readOnly = false }: VolumeMount,
  { isSELinuxEnabled }: ContainerParts,
): DeepPartial<Mount> {
  if (source.from === 'image') {
    return { hostPath: '', readonly: true, image: source.image, imageSubPath: source.subPath };
  }
  const { hostPath, isReadOnly, isRelabelled } = source;
  const selinuxRelabel = isRelabelled && isSELinuxEnabled;
  return { hostPath, readonly: readOnly || isReadOnly, selinuxRelabel };
}

function recursively(mount: VolumeMount, { canMountRecursivelyReadOnly }: ContainerParts): boolean {
  try {
    return isRecursivelyReadOnly(mount, canMountRecursivelyReadOnly);
  } catch (error) {
    throw new Error(`failed to resolve recursive read-only mode: ${messageOf(error)}`, { cause: error });
  }
}

/** Mount options of the kubelet's own files. A runtime may ignore them: the file system itself has them too. */
function podFile({ isSELinuxEnabled }: ContainerParts): DeepPartial<Mount> {
  return { selinuxRelabel: isSELinuxEnabled, mountOptions: ['nosuid', 'nodev', 'noexec'] };
}

/** A relative path in a container is relative to the root. */
function absolute(path: string): string {
  return path.startsWith('/') ? path : `/${path}`;
}

function propagation({ mountPropagation }: VolumeMount): MountPropagation {
  if (mountPropagation === 'HostToContainer') return MountPropagation.PROPAGATION_HOST_TO_CONTAINER;
  if (mountPropagation === 'Bidirectional') return MountPropagation.PROPAGATION_BIDIRECTIONAL;
  return MountPropagation.PROPAGATION_PRIVATE;
}
