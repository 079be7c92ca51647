// The kubelet's settings after defaults, configuration file and command line are merged: parsed, checked, in plain
// units. Everything below main.ts reads these and never a flag or a YAML field.
import type { SecureVersion } from 'node:tls';
import type { CgroupDriverName } from '@berth/linux/cgroups/driver.ts';
import type { ImageVerification } from '../images/verification/policy.ts';
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

/** Settings of a running kubelet. Names follow KubeletConfiguration; units are in the names. */
export interface KubeletOptions {
  /** Name of this node: --hostname-override or the host's name, in lower case. */
  nodeName: string;
  /** Addresses of the node, the first is `status.hostIP`: --node-ip or those of the default route. */
  nodeIps: string[];
  /** Where volumes and pod folders live, /var/lib/kubelet by default. */
  rootDir: string;
  /** Where container logs live, /var/log/pods by default. */
  podLogsDir: string;
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
  /** Maximum number of concurrent image pulls; undefined: no limit. */
  maxParallelImagePulls: number | undefined;
  /** Which images a pod may use only with credentials that pulled them. */
  imageVerification: ImageVerification;
  /** Longest wait between two restarts of a crashing container. */
  maxContainerRestartPeriodMs: number;
  /** The server for authenticated clients. */
  secureServer: SecureServerOptions;
  /** Address and port of the server without authentication; port 0 turns it off. */
  readOnlyServer: { address: string; port: number };
  /** Address and port of the bare /healthz; port 0 turns it off. */
  healthzServer: { address: string; port: number };
  /** Level of detail of the log. */
  verbosity: number;
}
