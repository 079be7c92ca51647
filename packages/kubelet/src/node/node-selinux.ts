// What of SELinux a node has.
import { containerContexts, selinuxEnabled } from '@berth/linux/security/selinux.ts';
import { parseContainerContexts, type SelinuxPolicy } from '@berth/linux/security/selinux-context.ts';

/** SELinux on a node. */
export interface NodeSelinux {
  isEnabled: boolean;
  /** The contexts that the policy has for containers; undefined: none, or SELinux is not enabled. */
  policy: SelinuxPolicy | undefined;
}

/** Reads what this node has. */
export function nodeSelinux(): NodeSelinux {
  const isEnabled = selinuxEnabled();
  return { isEnabled, policy: isEnabled ? parseContainerContexts(containerContexts() ?? '') : undefined };
}
