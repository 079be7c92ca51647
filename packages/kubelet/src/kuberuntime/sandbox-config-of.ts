// Makes sandbox configurations with the current resolver settings of the node.
import type { DeepPartial, PodSandboxConfig } from '@berth/cri/generated/api.ts';
import { type Pod, podKey } from '../api/pod.ts';
import type { PodCgroups } from '../cgroups/pod-cgroups.ts';
import { aboutPod, type Recorder } from '../events/event.ts';
import { createLogger } from '../klog/klog.ts';
import type { KubeletOptions } from '../options/kubelet-options.ts';
import { type DnsSettings, dnsOmissions } from '../sandbox/dns.ts';
import { fullHostname, podHostname } from '../sandbox/hostname.ts';
import { sandboxConfig } from '../sandbox/sandbox-config.ts';
import type { UserNamespaces } from '../userns/user-namespaces.ts';
import type { PreparedVolumes } from '../volumes/manager.ts';
import { volumeGroups } from '../volumes/volume-groups.ts';
import { dnsSettings } from './dns-settings.ts';

const log = createLogger('sandbox-config-of.ts');

/**
 * The configuration of a pod's sandbox number `attempt`, with the groups of its volumes once these are there. Throws when
 * the pod cannot have one.
 */
export type SandboxConfigOf = (
  pod: Pod,
  attempt: number,
  volumes: PreparedVolumes,
) => DeepPartial<PodSandboxConfig>;

/** Makes a SandboxConfigOf from the kubelet's options. */
export function sandboxConfigMaker(
  options: KubeletOptions,
  cgroups: Pick<PodCgroups, 'parentOf'>,
  users: Pick<UserNamespaces, 'idsOf'>,
  events: Recorder,
): SandboxConfigOf {
  /** Pods whose omissions have been told. */
  const told = new WeakSet<Pod>();
  return (pod, attempt, volumes) => {
    const dns = dnsSettings(options);
    if (!told.has(pod)) tellOmissions(pod, dns, events);
    told.add(pod);
    const cgroupParent = cgroups.parentOf(pod);
    const ids = users.idsOf(pod);
    return sandboxConfig(pod, attempt, {
      options,
      dns,
      cgroupParent,
      ids,
      volumeGroups: volumeGroups(pod, volumes),
    });
  };
}

/** Tells what a pod does not get as it asks for it. */
function tellOmissions(pod: Pod, dns: DnsSettings, events: Recorder): void {
  for (const message of dnsOmissions(pod, dns)) {
    log.warn(message, { pod: podKey(pod) });
    events.record(aboutPod(pod), 'Warning', 'DNSConfigForming', message);
  }
  const hostname = podHostname(pod);
  if (hostname.length < fullHostname(pod).length) {
    log.error('Hostname for pod was too long, truncated it', {
      podName: pod.metadata.name,
      truncatedHostname: hostname,
    });
  }
}
