// Makes sandbox configurations with the current resolver settings of the node.
import type { DeepPartial, PodSandboxConfig } from '@berth/cri/generated/api.ts';
import type { Pod } from '../api/pod.ts';
import type { PodCgroups } from '../cgroups/pod-cgroups.ts';
import type { KubeletOptions } from '../options/kubelet-options.ts';
import { sandboxConfig } from '../sandbox/sandbox-config.ts';
import type { UserNamespaces } from '../userns/user-namespaces.ts';
import { dnsSettings } from './dns-settings.ts';

/** The configuration of a pod's sandbox number `attempt`. Throws when the pod cannot have one. */
export type SandboxConfigOf = (pod: Pod, attempt: number) => DeepPartial<PodSandboxConfig>;

/** Makes a SandboxConfigOf from the kubelet's options. */
export function sandboxConfigMaker(
  options: KubeletOptions,
  cgroups: Pick<PodCgroups, 'parentOf'>,
  users: Pick<UserNamespaces, 'idsOf'>,
): SandboxConfigOf {
  return (pod, attempt) =>
    sandboxConfig(pod, attempt, {
      options,
      dns: dnsSettings(options),
      cgroupParent: cgroups.parentOf(pod),
      ids: users.idsOf(pod),
    });
}
