// CRI's PodSandboxConfig of a pod: a pure function of the pod and the kubelet's settings.
import {
  type DeepPartial,
  type LinuxContainerResources,
  type LinuxSandboxSecurityContext,
  type PodSandboxConfig,
  SecurityProfile_ProfileType,
  SupplementalGroupsPolicy,
} from '@berth/cri/generated/api.ts';
import { sysctlName } from '@berth/linux/sysctl-name.ts';
import { eachContainer } from '../api/each-container.ts';
import type { Pod, SELinuxOptions } from '../api/pod.ts';
import { type CgroupLimits, overheadResources, sandboxResources } from '../cgroups/pod-resources.ts';
import { sandboxLabels } from '../kubecontainer/labels.ts';
import type { KubeletOptions } from '../options/kubelet-options.ts';
import { podLogDir } from '../paths/pod-paths.ts';
import type { PodIds } from '../userns/id-ranges.ts';
import { type DnsSettings, podDns } from './dns.ts';
import { sandboxHostname } from './hostname.ts';
import { namespaceOptions } from './namespaces.ts';
import { portMappings } from './port-mappings.ts';

/** The further inputs of a sandbox's configuration. */
export interface SandboxSettings {
  options: KubeletOptions;
  dns: DnsSettings;
  cgroupParent: string;
  /** The ids of a pod with users of its own. */
  ids?: PodIds | undefined;
  /** Groups of the pod's persistent volumes. */
  volumeGroups?: readonly bigint[];
}

/** The configuration of the pod's sandbox number `attempt`. Throws when the pod's host name is too long. */
export function sandboxConfig(
  pod: Pod,
  attempt: number,
  settings: SandboxSettings,
): DeepPartial<PodSandboxConfig> {
  const { options, dns, cgroupParent, ids, volumeGroups = [] } = settings;
  const { name, namespace, uid, annotations = {} } = pod.metadata;
  return {
    metadata: { name, namespace, uid, attempt },
    hostname: pod.spec.hostNetwork ? '' : sandboxHostname(pod, options.clusterDomain),
    logDirectory: podLogDir(options, pod.metadata),
    dnsConfig: podDns(pod, dns),
    portMappings: portMappings(pod.spec.containers),
    labels: sandboxLabels(pod),
    annotations,
    linux: {
      cgroupParent,
      securityContext: securityContext(pod, ids, volumeGroups),
      sysctls: Object.fromEntries(
        (pod.spec.securityContext.sysctls ?? []).map((each) => [sysctlName(each.name), each.value]),
      ),
      overhead: sandboxLinuxResources(overheadResources(pod, options)),
      resources: sandboxLinuxResources(sandboxResources(pod, options)),
    },
  };
}

/** Limits as the runtime is told of them; nothing for none. */
export function sandboxLinuxResources(
  limits: CgroupLimits | undefined,
): DeepPartial<LinuxContainerResources> {
  if (limits === undefined) return {};
  return {
    cpuShares: BigInt(limits.cpuShares),
    cpuQuota: BigInt(limits.cpuQuota ?? 0),
    cpuPeriod: BigInt(limits.cpuPeriod ?? 0),
    memoryLimitInBytes: limits.memoryLimit ?? 0n,
  };
}

function securityContext(
  pod: Pod,
  ids: PodIds | undefined,
  volumeGroups: readonly bigint[],
): DeepPartial<LinuxSandboxSecurityContext> {
  const { runAsUser, runAsGroup } = pod.spec.securityContext;
  return {
    namespaceOptions: namespaceOptions(pod, ids),
    privileged: eachContainer(pod.spec).some(
      ({ container }) => container.securityContext?.privileged === true,
    ),
    ...selinuxOptions(pod.spec.securityContext.seLinuxOptions),
    seccomp: { profileType: SecurityProfile_ProfileType.RuntimeDefault },
    ...(runAsUser === undefined ? {} : { runAsUser: { value: BigInt(runAsUser) } }),
    ...(runAsGroup === undefined ? {} : { runAsGroup: { value: BigInt(runAsGroup) } }),
    ...podGroups(pod, volumeGroups),
  };
}

/** The SELinux label of processes and files; the runtime ignores it when the kernel has no SELinux. */
export function selinuxOptions(
  options: SELinuxOptions | undefined,
): Pick<DeepPartial<LinuxSandboxSecurityContext>, 'selinuxOptions'> {
  if (options === undefined) return {};
  const { user = '', role = '', type = '', level = '' } = options;
  return { selinuxOptions: { user, role, type, level } };
}

/** Supplemental groups of every process in the pod, for sandbox and containers. */
export function podGroups(
  pod: Pod,
  volumeGroups: readonly bigint[],
): { supplementalGroups: bigint[]; supplementalGroupsPolicy: SupplementalGroupsPolicy } {
  const { fsGroup, supplementalGroups = [], supplementalGroupsPolicy } = pod.spec.securityContext;
  const groups = [...(fsGroup === undefined ? [] : [fsGroup]), ...supplementalGroups];
  return {
    supplementalGroups: [...groups.map(BigInt), ...volumeGroups],
    supplementalGroupsPolicy:
      supplementalGroupsPolicy === 'Strict'
        ? SupplementalGroupsPolicy.Strict
        : SupplementalGroupsPolicy.Merge,
  };
}
