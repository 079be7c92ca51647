// The kubelet's settings after defaults, configuration file and command line are merged: parsed, checked, in plain
// units. Everything below main.ts reads these and never a flag or a YAML field.
import type { SecureVersion } from 'node:tls';
import type { CgroupDriverName } from '@berth/linux/cgroups/driver.ts';
import type { ProviderSettings } from '../images/providers/read-config.ts';
import type { ImageVerification } from '../images/verification/policy.ts';
import type { LogConfiguration } from '../klog/klog.ts';
import type { RegistrationOptions } from '../node/registration/registration-options.ts';
import type { ChangeDetection } from '../objects/change-detection.ts';
import type { PressureOptions } from './pressure-options.ts';
import type { ReservationSettings } from './reservation-settings.ts';
import type { NodeIds } from './subordinate-ids.ts';

/** Settings of the secure server. */
export interface SecureServerOptions {
  address: string;
  /** 0 turns the server off. */
  port: number;
  tls: {
    /** Where a self-signed certificate is kept when no files are given. */
    certDir: string;
    certFile: string | undefined;
    keyFile: string | undefined;
    minVersion: SecureVersion;
    /** OpenSSL's list of ciphers. */
    ciphers: string;
    /** OpenSSL's list of curves; undefined for its default. */
    curves: string | undefined;
  };
  /** File of the authorities of client certificates. */
  clientCaFile: string | undefined;
  /** How long the API server's word on whose a token is counts, in milliseconds; undefined: it is not asked. */
  tokenReviewMs: number | undefined;
  /** How long its word on what a user may do counts; undefined: every user may do everything. */
  accessReviews: { allowedMs: number; deniedMs: number } | undefined;
  /** Whether clients without a certificate are served. */
  anonymousAuth: boolean;
  /** Which groups of paths are served. */
  handlers: {
    /** Everything but /pods, /healthz, statistics and metrics; without it none of the others. */
    debugging: boolean;
    profiling: boolean;
    debugFlags: boolean;
    systemLogs: boolean;
    systemLogQuery: boolean;
  };
  /** Longest silence of an exec, attach or port-forward. */
  streamIdleTimeoutMs: number;
}

/** The certificates that the kubelet gets from an API server. */
export interface IdentityOptions {
  /** --cert-dir, absolute. */
  certDir: string;
  /** The kubeconfig of a node that has no certificate yet; undefined: the node's own has to do. */
  bootstrapKubeconfig: string | undefined;
  /** Whether the client certificate is requested before it expires. */
  rotatesClient: boolean;
  /** Whether the certificate of the secure port is requested, too. */
  requestsServing: boolean;
}

/** Settings of a running kubelet. Names follow KubeletConfiguration; units are in the names. */
export interface KubeletOptions extends PressureOptions {
  /** Name of this node: --hostname-override or the host's name, in lower case. */
  nodeName: string;
  /** Addresses of the node, the first is `status.hostIP`: --node-ip or those of the default route. */
  nodeIps: string[];
  /** The addresses of --node-ip, if any; `0.0.0.0` and `::` only choose a family. */
  givenNodeIps: readonly string[];
  /** The node's object in the API of a cluster. */
  registration: RegistrationOptions;
  /** Its status: how often it is computed, how often it is sent unchanged, and how many images it shows (-1: all). */
  nodeStatus: { updateMs: number; reportMs: number; maxImages: number };
  /** How long the node's lease in a cluster lasts. */
  nodeLeaseSeconds: number;
  /** How changes of the ConfigMaps and Secrets of the cluster are noticed. */
  changeDetection: ChangeDetection;
  /** Events that are sent to the API server in a second (0: no limit), and at once. */
  eventRate: { qps: number; burst: number };
  /** Addresses of pods that the runtime is told when there is no API server; '' for none. */
  podCidr: string;
  /** Where volumes and pod folders live, /var/lib/kubelet by default. */
  rootDir: string;
  /** Directory of FlexVolume drivers. */
  volumePluginDir: string;
  /** Where container logs live, /var/log/pods by default. */
  podLogsDir: string;
  /** When container logs are rotated, and how often that is checked; undefined: never. */
  logRotation: { maxBytes: number; maxFiles: number; checkMs: number } | undefined;
  /** Path of the runtime's socket. */
  containerRuntimeEndpoint: string;
  /** Path of the image service's socket; the runtime's own by default. */
  imageServiceEndpoint: string;
  /** Deadline of CRI calls except pulls. */
  runtimeRequestTimeoutMs: number;
  /** Directory or file of static pods; undefined: no static pods. */
  staticPodPath: string | undefined;
  /** URL of static pods, with the headers of its requests; undefined: none. */
  staticPodUrl:
    | { url: string; headers: Readonly<Record<string, readonly string[]>>; checkFrequencyMs: number }
    | undefined;
  /** Whether pods of other kubelets in the runtime are ended when no source wants them: --adopt. */
  adoptsPods: boolean;
  /** Resync interval of the manifest directory, for missed inotify events. */
  fileCheckFrequencyMs: number;
  /** Resync interval of all pods with the runtime, for missed events. */
  syncFrequencyMs: number;
  /** 'cgroupfs' names cgroups as paths, 'systemd' as slices. */
  cgroupDriver: CgroupDriverName;
  /** Absolute cgroup path under which kubepods is made: "/" by default. */
  cgroupRoot: string;
  /** Whether pods get a cgroup of their own below their QoS class. */
  cgroupsPerQos: boolean;
  /** Whether CPU limits become CFS quotas. */
  cpuCfsQuota: boolean;
  /** Length of the CFS period, in microseconds. */
  cpuCfsQuotaPeriodUs: number;
  /** What containers may swap; LimitedSwap: burstable ones by their memory request, on cgroup v2. */
  swapBehavior: 'NoSwap' | 'LimitedSwap';
  /** Share of the memory between request and limit from which on containers are slowed down, on cgroup v2. */
  memoryThrottlingFactor: number;
  /** Whether an OOM kill ends one process and not the whole container, on cgroup v2. */
  singleProcessOomKill: boolean;
  /** What the node keeps from pods. */
  reservations: ReservationSettings;
  /** Whether the cgroup of all pods is limited to the node without its reservations. */
  enforceNodeAllocatable: boolean;
  /** Maximum number of processes in a pod; -1: no limit per pod. */
  podPidsLimit: number;
  /** Name servers of pods with dnsPolicy ClusterFirst. */
  clusterDns: string[];
  /** Domain of the cluster, searched by pods with dnsPolicy ClusterFirst; '' for none. */
  clusterDomain: string;
  /** The file that pods' resolv.conf is derived from; '' for none. */
  resolvConf: string;
  /** Kernel parameters that pods may set beside the safe ones; `*` at the end stands for any rest. */
  allowedUnsafeSysctls: readonly string[];
  /** Maximum number of pods on this node. */
  maxPods: number;
  /** The ids that pods with users of their own may have. */
  userIds: NodeIds;
  /** Whether pods that name no seccomp profile get the runtime's default one. */
  seccompDefault: boolean;
  /** How fast image pulls may follow each other: so many in a second, and so many at once; undefined: no limit. */
  pullRate: { qps: number; burst: number } | undefined;
  /** The kubelet's own `oom_score_adj`. */
  oomScoreAdj: number;
  /** Maximum number of concurrent image pulls; undefined: no limit. */
  maxParallelImagePulls: number | undefined;
  /** Which images a pod may use only with credentials that pulled them. */
  imageVerification: ImageVerification;
  /** Programs that know credentials for images; undefined: there are none. */
  credentialProviders: ProviderSettings | undefined;
  /** Longest wait between two restarts of a crashing container. */
  maxContainerRestartPeriodMs: number;
  /** Path of the kubeconfig, absolute; undefined: there is no API server. */
  kubeconfig: string | undefined;
  /** The certificates from the API server. */
  identity: IdentityOptions;
  /** How fast requests to it may follow each other, but for events and heartbeats. */
  apiRate: { qps: number; burst: number };
  /** The server for authenticated clients. */
  secureServer: SecureServerOptions;
  /** Address and port of the server without authentication; port 0 turns it off. */
  readOnlyServer: { address: string; port: number };
  /** Address and port of the bare /healthz; port 0 turns it off. */
  healthzServer: { address: string; port: number };
  /** How the log looks and where it goes. */
  log: LogConfiguration;
  /** Level of detail of the log. */
  verbosity: number;
}
