// What the runtime reports of a container's settings: its user, its limits and the signal that stops it.
import { type ContainerStatus, Signal } from '@berth/cri/generated/api.ts';
import type { RuntimeContainer } from '../kubecontainer/runtime-status.ts';

type Reported = Pick<ContainerStatus, 'user' | 'resources' | 'stopSignal'>;

const minShares = 2n;

/** The user of the container's first process. */
export function reportedUser({ user }: Reported): Pick<RuntimeContainer, 'user'> {
  if (!user?.linux) return {};
  const { uid, gid, supplementalGroups } = user.linux;
  return {
    user: { uid: Number(uid), gid: Number(gid), supplementalGroups: supplementalGroups.map(Number) },
  };
}

/** The limits of the container's cgroup. */
export function reportedResources({ resources }: Reported): Pick<RuntimeContainer, 'resources'> {
  if (!resources?.linux) return {};
  const { cpuPeriod, cpuQuota, cpuShares, memoryLimitInBytes } = resources.linux;
  const cpuLimit = cpuPeriod > 0n && cpuQuota > 0n ? Number((cpuQuota * 1000n) / cpuPeriod) : 0;
  const cpuRequest = cpuShares >= minShares ? Math.ceil((Number(cpuShares) * 1000) / 1024) : 0;
  return {
    resources: {
      cpuRequest: cpuRequest || undefined,
      cpuLimit: cpuLimit || undefined,
      memoryLimitBytes: memoryLimitInBytes > 0n ? memoryLimitInBytes : undefined,
    },
  };
}

const signalNames = new Map<number, string>(
  Object.entries(Signal).map(([name, value]) => [
    value,
    name.replace('SIGNAL_', '').replace('PLUS', '+').replace('MINUS', '-'),
  ]),
);

/** The signal that stops the container; none from a runtime that does not know it. */
export function reportedStopSignal({ stopSignal }: Reported): Pick<RuntimeContainer, 'stopSignal'> {
  const name = stopSignal === Signal.SIGNAL_RUNTIME_DEFAULT ? undefined : signalNames.get(stopSignal);
  return name === undefined ? {} : { stopSignal: name };
}
