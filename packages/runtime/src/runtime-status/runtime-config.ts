import { CgroupDriver, type RuntimeConfigResponse } from '@berth/cri/generated/api.ts';
import type { Context } from '../context.ts';

/** RuntimeConfig: tells the kubelet which cgroup driver to use. */
export async function runtimeConfig({ cgroupNaming }: Context): Promise<RuntimeConfigResponse> {
  return {
    linux: { cgroupDriver: cgroupNaming.driver === 'systemd' ? CgroupDriver.SYSTEMD : CgroupDriver.CGROUPFS },
  };
}
