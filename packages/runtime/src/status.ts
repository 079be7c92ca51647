import type { StatusRequest, StatusResponse } from '@berth/cri/generated/api.ts';
import type { Context } from './context.ts';

/** Status: whether berthd can run pods and why not, and what its OCI runtimes are. */
export async function status(context: Context, { verbose }: StatusRequest): Promise<StatusResponse> {
  const { runtimes, network, config } = context;
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
    // The empty name is the default handler, as clients that ask for none see it.
    runtimeHandlers: ['', ...usable.map(({ name }) => name)].map((name) => ({
      name,
      features: { recursiveReadOnlyMounts: false, userNamespaces: false },
    })),
    features: { supplementalGroupsPolicy: true, userNamespacesHostNetwork: false, mountOptions: true },
    info: verbose ? { config: JSON.stringify(config), runtimes: JSON.stringify(runtimes.all) } : {},
  };
}
