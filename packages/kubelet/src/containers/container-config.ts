// CRI's ContainerConfig of a container: a pure function of the pod, the sandbox and the prepared files.
import {
  type ContainerConfig,
  type DeepPartial,
  type LinuxContainerSecurityContext,
  type Mount,
  MountPropagation,
  NamespaceMode,
} from '@berth/cri/generated/api.ts';
import type { Container, Pod, VolumeMount } from '../api/pod.ts';
import { stopSignal } from '../api/stop-signal.ts';
import { containerResources, oomScoreAdj } from '../cgroups/pod-resources.ts';
import type { PodPlace } from '../env/downward-api.ts';
import { containerEnvironment, expandCommand } from '../env/environment.ts';
import { annotationsOf, containerLabels } from '../kubecontainer/labels.ts';
import type { PresentImage } from '../kubecontainer/present-image.ts';
import type { KubeletOptions } from '../options/kubelet-options.ts';
import { logPath } from '../paths/pod-paths.ts';
import { containerSecurityContext } from './security-context.ts';

/** The files and image prepared for one attempt of a container. */
export interface ContainerParts {
  restartCount: number;
  /** The runtime's id of the image, and its user. */
  image: PresentImage;
  place: PodPlace;
  /** Host path of each volume mount of the container, by its mount path. */
  volumePaths: Map<string, string>;
  /** The managed /etc/hosts; undefined: use the image's. */
  hostsFile: string | undefined;
  /** The file for the container's termination message. */
  terminationLog: string | undefined;
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
  const environment = containerEnvironment(pod, container, parts.place);
  const limits = containerResources(container, options);
  return {
    metadata: { name: container.name, attempt: parts.restartCount },
    image: { image: parts.image.ref, userSpecifiedImage: container.image },
    command: expandCommand(container.command, environment),
    args: expandCommand(container.args, environment),
    workingDir: container.workingDir ?? '',
    envs: [...environment].map(([key, value]) => ({ key, value: Buffer.from(value) })),
    mounts: mounts(pod, container, parts),
    labels: containerLabels(pod, container),
    annotations: annotationsOf(pod, container, parts.restartCount),
    logPath: logPath(container.name, parts.restartCount),
    stdin: container.stdin === true,
    stdinOnce: container.stdinOnce === true,
    tty: container.tty === true,
    stopSignal: stopSignal(container.lifecycle?.stopSignal),
    linux: {
      resources: {
        cpuShares: BigInt(limits.cpuShares),
        cpuQuota: BigInt(limits.cpuQuota ?? 0),
        cpuPeriod: BigInt(limits.cpuPeriod ?? 0),
        memoryLimitInBytes: limits.memoryLimit ?? 0n,
        oomScoreAdj: BigInt(oomScoreAdj(pod, container, parts.place.node.memoryBytes)),
      },
      securityContext: inTarget(
        parts.targetId,
        containerSecurityContext(pod, container, parts.image.user, {
          default: options.seccompDefault,
          profileRoot: `${options.rootDir}/seccomp`,
        }),
      ),
    },
  };
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

function mounts(pod: Pod, container: Container, parts: ContainerParts): DeepPartial<Mount>[] {
  const emptyDirs = new Set(
    (pod.spec.volumes ?? []).flatMap(({ name, emptyDir }) => (emptyDir ? [name] : [])),
  );
  const volumes = (container.volumeMounts ?? []).map((mount: VolumeMount): DeepPartial<Mount> => {
    const hostPath = parts.volumePaths.get(mount.mountPath);
    if (hostPath === undefined) {
      throw new Error(`cannot find volume "${mount.name}" to mount into container "${container.name}"`);
    }
    return {
      containerPath: absolute(mount.mountPath),
      hostPath,
      readonly: mount.readOnly === true,
      // Relabel volumes that belong to the pod; host paths keep their SELinux label.
      selinuxRelabel: emptyDirs.has(mount.name),
      propagation: propagation(mount),
      mountOptions: mount.bindMountOptions ?? [],
    };
  });
  const all = [...volumes];
  if (parts.hostsFile && !volumes.some((mount) => mount.containerPath === '/etc/hosts')) {
    all.push({ ...podFile, containerPath: '/etc/hosts', hostPath: parts.hostsFile });
  }
  if (parts.terminationLog) {
    const containerPath = absolute(container.terminationMessagePath);
    all.push({ ...podFile, containerPath, hostPath: parts.terminationLog });
  }
  return all;
}

/** Mount options of the kubelet's own files. A runtime may ignore them: the file system itself has them too. */
const podFile: DeepPartial<Mount> = { selinuxRelabel: true, mountOptions: ['nosuid', 'nodev', 'noexec'] };

/** A relative path in a container is relative to the root. */
function absolute(path: string): string {
  return path.startsWith('/') ? path : `/${path}`;
}

function propagation({ mountPropagation }: VolumeMount): MountPropagation {
  if (mountPropagation === 'HostToContainer') return MountPropagation.PROPAGATION_HOST_TO_CONTAINER;
  if (mountPropagation === 'Bidirectional') return MountPropagation.PROPAGATION_BIDIRECTIONAL;
  return MountPropagation.PROPAGATION_PRIVATE;
}
