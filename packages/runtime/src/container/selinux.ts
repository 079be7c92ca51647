// SELinux labels of pods and containers, and the relabeling of volumes. spec/selinux.ts has the pure part.

import { randomInt } from 'node:crypto';
import type { ContainerConfig, SELinuxOption } from '@berth/cri/generated/api.ts';
import { isKnownContext, mayRelabel, relabel } from '@berth/linux/security/selinux.ts';
import { invalid, messageWithCauses } from '../rpc/errors.ts';
import type { Warn } from '../rpc/warn.ts';
import type { HostFacts, MountSource } from '../spec/input.ts';
import {
  asksForLabels,
  isSuperPrivileged,
  newLevel,
  type SelinuxLabels,
  selinuxLabels,
} from '../spec/selinux.ts';
import { type Sandbox, sandboxNamespaces } from '../state/sandbox.ts';
import type { State } from '../state/state.ts';

/** Chooses an unused level for a new pod; '' where SELinux is not in use. */
export function levelForPod({ host, state }: { readonly state: State; readonly host: HostFacts }): string {
  if (host.selinux === undefined) return '';
  return newLevel(new Set([...state.sandboxes.all()].map(({ selinuxLevel }) => selinuxLevel)), randomInt);
}

/** Labels of a container, or of its pod when there is no container; undefined where SELinux is not in use. */
export function labelsOf(
  { host }: { readonly host: HostFacts },
  sandbox: Sandbox,
  container?: ContainerConfig,
): SelinuxLabels | undefined {
  const pod = sandbox.config.linux?.securityContext;
  const own = container?.linux?.securityContext;
  const { hostIpc, hostPid } = sandboxNamespaces(sandbox.config);
  const labels = selinuxLabels({
    policy: host.selinux,
    level: sandbox.selinuxLevel,
    pod: pod?.selinuxOptions,
    container: own?.selinuxOptions,
    privileged: (container === undefined ? pod : own)?.privileged ?? false,
    hostNamespaces: hostIpc || hostPid,
  });
  for (const label of [labels?.process, labels?.mount]) {
    if (label !== undefined && label !== '' && !isKnownContext(label)) {
      const field = 'config.linux.security_context.selinux_options';
      throw invalid(field, `they make ${label}, which the policy of this node does not know`);
    }
  }
  return labels;
}

/** Warns of options that have no effect because the node has no SELinux, as other runtimes do. */
export function warnOfUnusedOptions(
  { host }: { readonly host: HostFacts },
  options: SELinuxOption | undefined,
  warn: Warn,
): void {
  if (host.selinux !== undefined || !asksForLabels(options)) return;
  warn(
    'config.linux.security_context.selinux_options',
    'ignored: SELinux is not in use on this node: the kernel lacks it, or a policy for containers',
  );
}

/** Relabels the files of volumes whose mount has `selinux_relabel`. */
export async function relabelVolumes(
  labels: SelinuxLabels | undefined,
  sources: readonly MountSource[],
  { sandbox, config }: { sandbox: Sandbox; config: ContainerConfig },
): Promise<void> {
  if (labels === undefined || labels.mount === '') return;
  const pod = sandbox.config.linux?.securityContext?.selinuxOptions;
  if (isSuperPrivileged(pod, config.linux?.securityContext?.selinuxOptions)) return;
  for (const [index, { selinuxRelabel, hostPath }] of config.mounts.entries()) {
    const path = sources[index]?.path;
    // A mount without a host path is an image volume, which is mounted with the label.
    if (!selinuxRelabel || hostPath === '' || path === undefined) continue;
    const field = `config.mounts[${index}].selinux_relabel`;
    if (!mayRelabel(path)) throw invalid(field, `SELinux relabeling of ${path} is not allowed`);
    try {
      await relabel(path, labels.mount);
    } catch (error) {
      throw invalid(field, `relabel of ${path} with ${labels.mount} failed: ${messageWithCauses(error)}`);
    }
  }
}
