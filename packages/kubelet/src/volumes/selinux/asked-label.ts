// The SELinux label that a pod's containers need a volume's files to have. Pure.
import { type ContextParts, fileContext, hasLevels } from '@berth/linux/security/selinux-context.ts';
import type { PersistentVolume } from 'kubernetes-types/core/v1.d.ts';
import { eachContainer } from '../../api/each-container.ts';
import type { Pod, SELinuxOptions } from '../../api/pod.ts';
import type { NodeSelinux } from '../../node/node-selinux.ts';

/** What containers of one pod need. */
export type AskedLabel =
  /** '': nothing, or a label that only the runtime knows. */
  | { is: 'one'; label: string }
  /** One file cannot have them all. */
  | { is: 'several'; labels: string[] };

/** The label for a volume of the pod, by the options of all containers that mount it. */
export function askedLabel({ isEnabled, policy }: NodeSelinux, pod: Pod, volume: string): AskedLabel {
  if (!isEnabled) return { is: 'one', label: '' };
  const labels = new Set(optionsFor(pod, volume).map((options) => labelOf(policy, options)));
  if (labels.size > 1) return { is: 'several', labels: [...labels].sort() };
  const [label = ''] = labels;
  // The pod wants its volumes to be relabelled file by file.
  return { is: 'one', label: pod.spec.securityContext.seLinuxChangePolicy === 'Recursive' ? '' : label };
}

/** Of each mount of the volume whose container has any, its own options or else the pod's. */
function optionsFor({ spec }: Pod, volume: string): SELinuxOptions[] {
  return eachContainer(spec).flatMap(({ container }) => {
    const options = container.securityContext?.seLinuxOptions ?? spec.securityContext.seLinuxOptions;
    const isMounted = container.volumeMounts?.some(({ name }) => name === volume);
    return options && isMounted ? [options] : [];
  });
}

/** The label of files for a process with these options. */
function labelOf(policy: NodeSelinux['policy'], { user, role, type, level }: SELinuxOptions): string {
  if (!policy || !(user || role || type || level)) return '';
  // The runtime chooses a level for the pod. The real kubelet mounts with another one, chosen at random, which the
  // processes of the pod may not use.
  if (!level && hasLevels(policy)) return '';
  const asked: ContextParts = { ...(user && { user }), ...(level && { level }) };
  return fileContext(policy, '', asked);
}

/** How metrics name a volume that a pod describes itself, in the place of an access mode. */
export const inline = 'inline';

const modes = [
  ['ReadWriteMany', 'RWX'],
  ['ReadOnlyMany', 'ROX'],
  ['ReadWriteOnce', 'RWO'],
  ['ReadWriteOncePod', 'RWOP'],
] as const;

/** How metrics name the access mode of a persistent volume: the one that allows most. */
export function accessModeOf({ spec }: PersistentVolume): string {
  return modes.find(([mode]) => spec?.accessModes?.includes(mode))?.[1] ?? '';
}
