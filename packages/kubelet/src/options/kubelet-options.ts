// The kubelet's settings after defaults, configuration file and command line are merged: parsed, checked, in plain
// units. Everything below main.ts reads these and never a flag or a YAML field.
import type { CgroupDriverName } from '@berth/linux/cgroups/driver.ts';
import type { ImageVerification } from '../images/verification/policy.ts';

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
  /** Maximum number of processes in a pod; -1: no limit per pod. */
  podPidsLimit: number;
  /** Name servers of pods with dnsPolicy ClusterFirst. */
  clusterDns: string[];
  /** Domain of the cluster, searched by pods with dnsPolicy ClusterFirst; '' for none. */
  clusterDomain: string;
  /** The file that pods' resolv.conf is derived from; '' for none. */
  resolvConf: string;
  /** Maximum number of pods on this node. */
  maxPods: number;
  /** Whether pods that name no seccomp profile get the runtime's default one. */
  seccompDefault: boolean;
  /** Maximum number of concurrent image pulls; undefined: no limit. */
  maxParallelImagePulls: number | undefined;
  /** Which images a pod may use only with credentials that pulled them. */
  imageVerification: ImageVerification;
  /** Longest wait between two restarts of a crashing container. */
  maxContainerRestartPeriodMs: number;
  /** Address and port of /pods and /healthz; port 0 turns it off. */
  readOnlyServer: { address: string; port: number };
  /** Address and port of the bare /healthz; port 0 turns it off. */
  healthzServer: { address: string; port: number };
  /** Level of detail of the log. */
  verbosity: number;
}
