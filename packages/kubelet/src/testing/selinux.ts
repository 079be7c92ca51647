// SELinux of nodes, for tests: no machine of these tests has it.
import type { NodeSelinux } from '../node/node-selinux.ts';

/** A node without it. */
export const withoutSelinux: NodeSelinux = { isEnabled: false, policy: undefined };

/** A node whose policy is that of Fedora. */
export const withSelinux: NodeSelinux = {
  isEnabled: true,
  policy: {
    process: 'system_u:system_r:container_t:s0',
    file: 'system_u:object_r:container_file_t:s0',
  },
};
