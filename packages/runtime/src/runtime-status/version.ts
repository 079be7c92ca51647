import { berthVersion } from '@berth/common/version.ts';
import type { VersionResponse } from '@berth/cri/generated/api.ts';

/** Version. */
export async function version(): Promise<VersionResponse> {
  return {
    // Version of the kubelet's runtime API, which is the same in all runtimes.
    version: '0.1.0',
    runtimeName: 'berth',
    runtimeVersion: berthVersion,
    runtimeApiVersion: 'v1',
  };
}
