// The type of an admitted Pod. Only config/decode.ts makes one from a manifest (parses, validates, fills in defaults),
// so all other code can rely on these types.
import type * as v1 from 'kubernetes-types/core/v1.d.ts';
import type { ObjectMeta } from 'kubernetes-types/meta/v1.d.ts';

export type {
  ContainerState,
  EnvVar,
  HostAlias,
  HostPathVolumeSource,
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

/** Since 1.37, with what the mount is bound. */
export type VolumeMount = v1.VolumeMount & { bindMountOptions?: string[] };

/** Since 1.37, with the permissions of the folder. */
export type EmptyDirVolumeSource = v1.EmptyDirVolumeSource & { mode?: number };

/** A probe of an admitted pod, defaults filled in. */
export interface Probe extends v1.Probe {
  timeoutSeconds: number;
  periodSeconds: number;
  successThreshold: number;
  failureThreshold: number;
}

/** A container of an admitted pod: defaults are filled in, so the fields below are never missing. */
export interface Container extends v1.Container {
  image: string;
  imagePullPolicy: 'Always' | 'IfNotPresent' | 'Never';
  terminationMessagePath: string;
  terminationMessagePolicy: 'File' | 'FallbackToLogsOnError';
  resources: v1.ResourceRequirements;
  startupProbe?: Probe;
  readinessProbe?: Probe;
  livenessProbe?: Probe;
}

/** The specification of an admitted pod, defaults filled in. */
export interface PodSpec extends Omit<v1.PodSpec, 'containers' | 'initContainers' | 'securityContext'> {
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
export interface Pod extends Omit<v1.Pod, 'metadata' | 'spec' | 'status'> {
  metadata: PodMetadata;
  spec: PodSpec;
}

/** A condition; the times and the generation are newer than the types. */
export interface PodCondition extends Omit<v1.PodCondition, 'lastProbeTime'> {
  /** Nothing ever sets it; the API shows it all the same. */
  lastProbeTime?: null;
  observedGeneration?: number;
}

/** The status of a container; what it says of users, signals and allocated devices is newer than the types. */
export interface ContainerStatus extends v1.ContainerStatus {
  user?: { linux?: { uid: number; gid: number; supplementalGroups?: number[] } };
  stopSignal?: string;
}

/** The status of a pod; what it says of generations and resources is newer than the types. */
export interface PodStatus
  extends Omit<
    v1.PodStatus,
    'conditions' | 'containerStatuses' | 'initContainerStatuses' | 'ephemeralContainerStatuses'
  > {
  conditions?: PodCondition[];
  containerStatuses?: ContainerStatus[];
  initContainerStatuses?: ContainerStatus[];
  ephemeralContainerStatuses?: ContainerStatus[];
  observedGeneration?: number;
  resources?: v1.ResourceRequirements;
  allocatedResources?: Readonly<Record<string, string>>;
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
