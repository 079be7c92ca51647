import type { StatusRequest, StatusResponse } from '@berth/cri/generated/api.ts';
import type { LiveConfig } from '../config/live-config.ts';
import type { PodNetwork } from '../network/pod-network.ts';
import type { OciRuntimes } from '../oci-runtime/detect.ts';
import { handlerFeatures } from '../oci-runtime/handler-features.ts';
import type { Paths } from '../state/paths.ts';

/** What Status uses. */
export interface StatusServices {
  readonly config: LiveConfig;
  readonly paths: Paths;
  readonly runtimes: OciRuntimes;
  readonly network: PodNetwork;
}

/** Status: whether berthd can run pods, the reason if not, and its OCI runtimes. */
export async function status(services: StatusServices, { verbose }: StatusRequest): Promise<StatusResponse> {
  const { runtimes, network, config } = services;
  const readiness = await network.readiness();
  const usable = runtimes.all.filter((handler) => handler.usable);
  const problems = runtimes.all
    .map((each) => `${each.name}: ${each.usable ? 'ok' : each.problem}`)
    .join('; ');
  return {
    status: {
      conditions: [
        usable.length > 0
          ? { type: 'RuntimeReady', status: true, reason: '', message: '' }
          : { type: 'RuntimeReady', status: false, reason: 'NoUsableOCIRuntime', message: problems },
        {
          type: 'NetworkReady',
          status: readiness.ready,
          reason: readiness.reason,
          message: readiness.message,
        },
      ],
    },
    // The empty name is the default handler.
    runtimeHandlers: await Promise.all(
      (usable.length > 0 ? ['', ...usable.map(({ name }) => name)] : []).map(async (name) => ({
        name,
        features: await handlerFeatures(services, runtimes.get(name)),
      })),
    ),
    features: { supplementalGroupsPolicy: true, userNamespacesHostNetwork: true, mountOptions: true },
    info: verbose ? { config: JSON.stringify(config.current), runtimes: JSON.stringify(runtimes.all) } : {},
  };
}
