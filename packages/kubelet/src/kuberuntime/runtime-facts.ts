// Reads the runtime's name and features at start.
import type { RuntimeClient } from '@berth/cri/client/client.ts';
import { createLogger } from '../klog/klog.ts';

const log = createLogger('runtime-facts.ts');

/** The runtime's name and features that the kubelet depends on. */
export interface RuntimeFacts {
  /** The runtime's name, which is the scheme of container ids. */
  runtimeName: string;
  /** Whether the runtime knows `supplementalGroupsPolicy`; an older one would ignore Strict. */
  hasGroupsPolicy: boolean;
}

/** Asks the runtime. Throws when it does not answer. */
export async function runtimeFacts(
  runtime: Pick<RuntimeClient, 'version' | 'status'>,
): Promise<RuntimeFacts> {
  const [{ runtimeName, runtimeVersion }, { features }] = await Promise.all([
    runtime.version({}),
    runtime.status({}),
  ]);
  log.info('Container runtime initialized', { containerRuntime: runtimeName, version: runtimeVersion });
  return { runtimeName, hasGroupsPolicy: features?.supplementalGroupsPolicy === true };
}
