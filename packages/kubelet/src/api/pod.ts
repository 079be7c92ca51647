// The type of an admitted Pod. Only config/decode.ts makes one from a manifest (parses, validates, fills in defaults),
// so all other code can rely on these types.
import type * as v1 from 'kubernetes-types/core/v1.d.ts';
import type { PodStatus } from 'kubernetes-types/core/v1.d.ts';
import type { ObjectMeta } from 'kubernetes-types/meta/v1.d.ts';

export type {
  AppArmorProfile,
  ContainerState,
  ContainerStatus,
  EnvVar,
  HostAlias,
  HostPathVolumeSource,
  PodCondition,
  PodStatus,
  ResourceRequirements,
  SELinuxOptions,
  SeccompProfile,
  SecurityContext,
  Volume,
} from 'kubernetes-types/core/v1.d.ts';

/** A pod's name and the UID of this version of it. */
export interface PodIdentity {
  name: string;
  namespace: string;
  uid: string;
}

/** Pod metadata with the fields that every admitted pod has. */
export type PodMetadata = ObjectMeta & PodIdentity;

/** kubernetes-types describes 1.30; these are the fields that came later and that this kubelet supports. */
export type PodSecurityContext = v1.PodSecurityContext & { supplementalGroupsPolicy?: 'Merge' | 'Strict' };

/** Fields of a pod's specification that are newer. */
export interface NewerPodSpec {
  /** Since 1.34: the host name, whatever the pod's name and domain. */
  hostnameOverride?: string;
  /** Since 1.34: requests and limits of the pod as a whole. */
  resources?: v1.ResourceRequirements;
}

/** Since 1.37, with what the mount is bound. */
export type VolumeMount = v1.VolumeMount & { bindMountOptions?: string[] };

/** Since 1.37, with the permissions of the folder. */
export type EmptyDirVolumeSource = v1.EmptyDirVolumeSource & { mode?: number };

/** A container of an admitted pod: defaults are filled in, so the fields below are never missing. */
export interface Container extends v1.Container {
  image: string;
  imagePullPolicy: 'Always' | 'IfNotPresent' | 'Never';
  terminationMessagePath: string;
  terminationMessagePolicy: 'File' | 'FallbackToLogsOnError';
  resources: v1.ResourceRequirements;
}

/** The specification of an admitted pod, defaults filled in. */
export interface PodSpec
  extends Omit<v1.PodSpec, 'containers' | 'initContainers' | 'securityContext'>,
    NewerPodSpec {
  containers: Container[];
  initContainers?: Container[];
  securityContext: PodSecurityContext;
  restartPolicy: 'Always' | 'OnFailure' | 'Never';
  dnsPolicy: 'ClusterFirst' | 'ClusterFirstWithHostNet' | 'Default' | 'None';
  terminationGracePeriodSeconds: number;
  enableServiceLinks: boolean;
  nodeName: string;
}

/** An admitted pod: valid, with defaults, a name, a namespace and a UID. */
export interface Pod extends Omit<v1.Pod, 'metadata' | 'spec'> {
  metadata: PodMetadata;
  spec: PodSpec;
}

/** A pod as `/pods` shows it: specification and status. */
export type PodWithStatus = Pod & { status: PodStatus };

/** `namespace/name`, which identifies a pod in logs and errors. Only one pod of a name runs at a time. */
export type PodKey = `${string}/${string}`;

/** The pod's `namespace/name`. */
export function podKey(pod: Pod): PodKey {
  return `${pod.metadata.namespace}/${pod.metadata.name}`;
}

/** `name_namespace`: the kubelet's "full name" of a pod, whatever its version. */
export function podFullName(pod: Pod): string {
  return `${pod.metadata.name}_${pod.metadata.namespace}`;
}
