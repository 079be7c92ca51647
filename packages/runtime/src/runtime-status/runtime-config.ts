import { CgroupDriver, type RuntimeConfigResponse } from '@berth/cri/generated/api.ts';
import type { Context } from '../context.ts';

/** RuntimeConfig: tells the kubelet which cgroup driver to use. */
export async function runtimeConfig({ config }: Context): Promise<RuntimeConfigResponse> {
  return {
    linux: { cgroupDriver: config.cgroupDriver === 'systemd' ? CgroupDriver.SYSTEMD : CgroupDriver.CGROUPFS },
  };
}
