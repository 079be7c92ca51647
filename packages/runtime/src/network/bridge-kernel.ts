// What the built-in plugins of @berth/cni ask of the kernel, by the namespace thread.
import type { BridgeKernel } from '@berth/cni/builtin/bridge.ts';
import { hasCode } from '@berth/common/error-code.ts';
import type { NamespaceWorker } from '@berth/linux/namespaces/namespaces.ts';

/** The kernel of the built-in plugins. */
export function bridgeKernel(namespaces: NamespaceWorker): BridgeKernel {
  return {
    makeBridgePort: (request) => namespaces.makeBridgePort(request),
    deleteLink: async (namespace, name) => {
      try {
        await namespaces.inNetworkNamespace(namespace, { kind: 'delete-link', name });
      } catch (error) {
        if (!hasCode(error, 'ENOENT', 'ENODEV')) throw error;
      }
    },
  };
}
