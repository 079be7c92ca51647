// Reads the runtime's name and features at start.
import type { RuntimeClient } from '@berth/cri/client/client.ts';
import type { RuntimeHandler } from '@berth/cri/generated/api.ts';
import { createLogger } from '../klog/klog.ts';

const log = createLogger('runtime-facts.ts');

/** The runtime's name and features that the kubelet depends on. */
export interface RuntimeFacts {
  /** The runtime's name, which is the scheme of container ids. */
  runtimeName: string;
  /** Whether the runtime knows `supplementalGroupsPolicy`; an older one would ignore Strict. */
  hasGroupsPolicy: boolean;
  /** Whether the runtime knows the options of a mount; an older one would ignore them. */
  hasMountOptions: boolean;
  /** The handlers that pods can name; an old runtime tells none. */
  handlers: readonly RuntimeHandler[];
  /** Whether the runtime can make mounts below a read-only mount read-only. */
  canMountRecursivelyReadOnly: boolean;
}

/** Asks the runtime. Throws when it does not answer. */
export async function runtimeFacts(
  runtime: Pick<RuntimeClient, 'version' | 'status'>,
): Promise<RuntimeFacts> {
  const [{ runtimeName, runtimeVersion }, { features, runtimeHandlers }] = await Promise.all([
    runtime.version({}),
    runtime.status({}),
  ]);
  log.info('Container runtime initialized', { containerRuntime: runtimeName, version: runtimeVersion });
  // Pods run with the default handler.
  const handler = runtimeHandlers.find(({ name }) => name === '');
  return {
    runtimeName,
    hasGroupsPolicy: features?.supplementalGroupsPolicy === true,
    hasMountOptions: features?.mountOptions === true,
    handlers: runtimeHandlers,
    canMountRecursivelyReadOnly: handler?.features?.recursiveReadOnlyMounts === true,
  };
}
