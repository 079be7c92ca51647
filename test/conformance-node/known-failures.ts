/** The specs of e2e_node v1.37.2 that cannot pass on this machine, and why. One that passes is news too. */
export const knownFailures: Readonly<Record<string, string>> = {
  '[sig-node] PrivilegedPod should enable privileged commands [LinuxOnly] [NodeConformance]':
    'adds a dummy link, and this kernel has none',
  '[sig-node] ContainerMetrics [LinuxOnly] when querying /metrics/cadvisor should report container metrics [NodeConformance]':
    'wants figures of blkio for containers that read and write nothing, which only cgroup v2 has',
  '[sig-node] Summary API when querying /stats/summary should report resource usage through the stats api [NodeConformance]':
    'wants a megabyte of traffic on the interface of the node, and all processes moved into the cgroups of kubelet, runtime and system',
  '[sig-node] ConfigMap should be consumable via the environment [Conformance] [NodeConformance]':
    "wants a shell that hands on variables with a dash in their names, which Debian's busybox does not",
  '[sig-node] Secrets should be consumable via the environment [Conformance] [NodeConformance]':
    "wants a shell that hands on variables with a dash in their names, which Debian's busybox does not",
};
