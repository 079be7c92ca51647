// The type of an admitted Pod. Only config/decode.ts makes one from a manifest (parses, validates, fills in defaults),
// so all other code can rely on these types.
import type * as v1 from 'kubernetes-types/core/v1.d.ts';
import type { ObjectMeta } from 'kubernetes-types/meta/v1.d.ts';

export type {
  AppArmorProfile,
  EnvVar,
  HostAlias,
  HostPathVolumeSource,
  LifecycleHandler,
  ResourceRequirements,
  SELinuxOptions,
  SeccompProfile,
  SecurityContext,
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
export type PodSecurityContext = v1.PodSecurityContext & {
  supplementalGroupsPolicy?: 'Merge' | 'Strict';
  seLinuxChangePolicy?: 'MountOption' | 'Recursive';
};

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

/** A probe of an admitted pod, defaults filled in. */
export interface Probe extends v1.Probe {
  timeoutSeconds: number;
  periodSeconds: number;
  successThreshold: number;
  failureThreshold: number;
}

/** A variable in a file of a volume, since 1.34. */
export interface FileKeySelector {
  volumeName: string;
  path: string;
  key: string;
  optional?: boolean;
}

/** Since 1.34, with a file of a volume as a source. */
export type EnvVarSource = v1.EnvVarSource & { fileKeyRef?: FileKeySelector };

/** Since 1.37, with the owner of the file. */
export type KeyToPath = v1.KeyToPath & { user?: number };

/** A source of files, since 1.37 with their owner. */
type WithOwners<Source, Item> = Omit<Source, 'items'> & { defaultUser?: number; items?: Item[] };

/** A file of the downward API, since 1.37 with its owner. */
export type DownwardFile = v1.DownwardAPIVolumeFile & { user?: number };

/** A certificate for the pod by a signer, since 1.34; 1.37 has the owner of its files. */
export interface PodCertificateProjection {
  signerName: string;
  keyType: string;
  maxExpirationSeconds?: number;
  credentialBundlePath?: string;
  keyPath?: string;
  certificateChainPath?: string;
  userAnnotations?: Record<string, string>;
  user?: number;
}

/** A source of a projected volume. */
export type VolumeProjection = Omit<
  v1.VolumeProjection,
  'clusterTrustBundle' | 'configMap' | 'downwardAPI' | 'secret' | 'serviceAccountToken'
> & {
  configMap?: WithOwners<v1.ConfigMapProjection, KeyToPath>;
  downwardAPI?: { items?: DownwardFile[] };
  secret?: WithOwners<v1.SecretProjection, KeyToPath>;
  serviceAccountToken?: v1.ServiceAccountTokenProjection & { user?: number };
  clusterTrustBundle?: v1.ClusterTrustBundleProjection & { user?: number };
  podCertificate?: PodCertificateProjection;
};

/** The source of a projected volume. */
export interface ProjectedVolumeSource {
  defaultMode?: number;
  defaultUser?: number;
  sources?: VolumeProjection[];
}

/** A volume whose content is an OCI image, since 1.31. */
export interface ImageVolumeSource {
  reference?: string;
  pullPolicy?: Container['imagePullPolicy'];
}

/** A volume of a pod, with the fields that came after 1.30. */
export interface Volume
  extends Omit<v1.Volume, 'configMap' | 'downwardAPI' | 'emptyDir' | 'projected' | 'secret'> {
  configMap?: WithOwners<v1.ConfigMapVolumeSource, KeyToPath>;
  downwardAPI?: WithOwners<v1.DownwardAPIVolumeSource, DownwardFile>;
  emptyDir?: EmptyDirVolumeSource;
  image?: ImageVolumeSource;
  projected?: ProjectedVolumeSource;
  secret?: WithOwners<v1.SecretVolumeSource, KeyToPath>;
}

/** What a container's exit code leads to, whatever its restart policy; the first rule that matches counts. */
export interface ContainerRestartRule {
  action: 'Restart' | 'RestartAllContainers';
  exitCodes?: { operator: 'In' | 'NotIn'; values?: number[] };
}

/** Hooks of a container, and since 1.33 the signal that stops it: `SIGUSR1`, `SIGRTMIN+3`. */
export type Lifecycle = v1.Lifecycle & { stopSignal?: string };

/** A container of an admitted pod: defaults are filled in, so the fields below that have one are never missing. */
export interface Container extends v1.Container {
  image: string;
  imagePullPolicy: 'Always' | 'IfNotPresent' | 'Never';
  terminationMessagePath: string;
  terminationMessagePolicy: 'File' | 'FallbackToLogsOnError';
  resources: v1.ResourceRequirements;
  lifecycle?: Lifecycle;
  restartPolicy?: 'Always' | 'OnFailure' | 'Never';
  restartPolicyRules?: ContainerRestartRule[];
  startupProbe?: Probe;
  readinessProbe?: Probe;
  livenessProbe?: Probe;
}

/** A container for debugging, which may look into the process namespace of another. */
export interface EphemeralContainer extends Container {
  targetContainerName?: string;
}

/** A resource claim of a pod; where it comes from is newer than the types. */
export interface PodResourceClaim {
  name: string;
  resourceClaimName?: string;
  resourceClaimTemplateName?: string;
}

/** The specification of an admitted pod, defaults filled in. */
export interface PodSpec
  extends Omit<
      v1.PodSpec,
      | 'containers'
      | 'initContainers'
      | 'ephemeralContainers'
      | 'resourceClaims'
      | 'securityContext'
      | 'volumes'
    >,
    NewerPodSpec {
  resourceClaims?: PodResourceClaim[];
  volumes?: Volume[];
  containers: Container[];
  initContainers?: Container[];
  ephemeralContainers?: EphemeralContainer[];
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
  /** Only conditions of a resize have it; the API shows it all the same. */
  lastProbeTime?: string | null;
  observedGeneration?: number;
}

/** How a container ended; the times of one that was lost are null. */
export interface ContainerStateTerminated
  extends Omit<v1.ContainerStateTerminated, 'startedAt' | 'finishedAt'> {
  startedAt?: string | null;
  finishedAt?: string | null;
}

/** Whether a container waits, runs or has ended. */
export interface ContainerState extends Omit<v1.ContainerState, 'terminated'> {
  terminated?: ContainerStateTerminated;
}

/** The status of a container; what it says of users, signals and allocated devices is newer than the types. */
export interface ContainerStatus extends Omit<v1.ContainerStatus, 'state' | 'lastState'> {
  state?: ContainerState;
  lastState?: ContainerState;
  user?: { linux?: { uid: number; gid: number; supplementalGroups?: number[] } };
  stopSignal?: string;
  allocatedResourcesStatus?: AllocatedResourceStatus[];
}

/** The health of the devices of one resource that a container has. */
export interface AllocatedResourceStatus {
  name: string;
  resources: { resourceID: string; health: 'Healthy' | 'Unhealthy' | 'Unknown'; message?: string }[];
}

/** The claim that the scheduler has made for the extended resources of a pod, and what each container has of it. */
export interface ExtendedResourceClaim {
  resourceClaimName: string;
  requestMappings?: readonly { containerName: string; resourceName: string; requestName: string }[];
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
  extendedResourceClaimStatus?: ExtendedResourceClaim;
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
