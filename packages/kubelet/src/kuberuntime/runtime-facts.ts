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
  const hasGroupsPolicy = features?.supplementalGroupsPolicy === true;
  const hasMountOptions = features?.mountOptions === true;
  return { runtimeName, hasGroupsPolicy, hasMountOptions, handlers: runtimeHandlers };
}
