// Reads the runtime's name and features at start.
import type { RuntimeClient } from '@berth/cri/client/client.ts';
import { CriError } from '@berth/cri/errors/cri-error.ts';
import { CgroupDriver, type RuntimeHandler } from '@berth/cri/generated/api.ts';
import type { CgroupDriverName } from '@berth/linux/cgroups/driver.ts';
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
  /** The driver that the runtime makes its cgroups with; undefined: it does not tell, and the setting counts. */
  cgroupDriver: CgroupDriverName | undefined;
}

/** Asks the runtime. Throws when it does not answer. */
export async function runtimeFacts(
  runtime: Pick<RuntimeClient, 'version' | 'status' | 'runtimeConfig'>,
): Promise<RuntimeFacts> {
  const [{ runtimeName, runtimeVersion }, { features, runtimeHandlers }, cgroupDriver] = await Promise.all([
    runtime.version({}),
    runtime.status({}),
    cgroupDriverOf(runtime),
  ]);
  log.info('Container runtime initialized', { containerRuntime: runtimeName, version: runtimeVersion });
  return {
    runtimeName,
    hasGroupsPolicy: features?.supplementalGroupsPolicy === true,
    hasMountOptions: features?.mountOptions === true,
    handlers: runtimeHandlers,
    cgroupDriver,
  };
}

/** The real kubelet goes by the runtime, too: kubeadm configures "systemd" on every machine. */
async function cgroupDriverOf(
  runtime: Pick<RuntimeClient, 'runtimeConfig'>,
): Promise<CgroupDriverName | undefined> {
  try {
    const { linux } = await runtime.runtimeConfig({});
    if (linux === undefined) return undefined;
    const cgroupDriver = linux.cgroupDriver === CgroupDriver.SYSTEMD ? 'systemd' : 'cgroupfs';
    log.info('Using cgroup driver setting received from the CRI runtime', { cgroupDriver });
    return cgroupDriver;
  } catch (error) {
    if (!(error instanceof CriError) || error.code !== 'UNIMPLEMENTED') throw error;
    log.info(
      'CRI implementation should be updated to support RuntimeConfig. Falling back to using cgroupDriver from kubelet config.',
    );
    return undefined;
  }
}
