import type { VersionResponse } from '@berth/cri/generated/api.ts';

/** The version that `berthd --version` prints and Version tells. */
export const berthVersion = '0.1.0';

/** Version. */
export async function version(): Promise<VersionResponse> {
  return {
    // The version of the kubelet's own runtime API, which has been this since there is one.
    version: '0.1.0',
    runtimeName: 'berth',
    runtimeVersion: berthVersion,
    runtimeApiVersion: 'v1',
  };
}
