import { CgroupDriver, type RuntimeConfigResponse } from '@berth/cri/generated/api.ts';
import type { CgroupNaming } from '../cgroups/naming.ts';

/** RuntimeConfig: tells the kubelet which cgroup driver to use. */
export async function runtimeConfig({
  cgroupNaming,
}: {
  readonly cgroupNaming: CgroupNaming;
}): Promise<RuntimeConfigResponse> {
  return {
    linux: { cgroupDriver: cgroupNaming.driver === 'systemd' ? CgroupDriver.SYSTEMD : CgroupDriver.CGROUPFS },
  };
}
