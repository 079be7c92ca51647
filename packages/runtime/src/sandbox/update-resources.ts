import type { KeyedQueue } from '@berth/common/keyed-queue.ts';
import type {
  UpdatePodSandboxResourcesRequest,
  UpdatePodSandboxResourcesResponse,
} from '@berth/cri/generated/api.ts';
import type { Logger } from '../logging/log.ts';
import { notFound } from '../rpc/errors.ts';
import type { Warn } from '../rpc/warn.ts';
import type { HostFacts } from '../spec/input.ts';
import { linuxResources } from '../spec/resources.ts';
import type { State } from '../state/state.ts';

/** What UpdatePodSandboxResources uses. */
export interface UpdateSandboxServices {
  readonly log: Logger;
  readonly state: State;
  readonly queue: KeyedQueue;
  readonly host: HostFacts;
}

/**
 * UpdatePodSandboxResources: records the pod's resources, as containerd and CRI-O do. The kubelet owns the pod's
 * cgroup and sets its limits before the call; `crictl inspectp` shows the record.
 */
export async function updatePodSandboxResources(
  { state, queue, host, log }: UpdateSandboxServices,
  { podSandboxId, overhead, resources }: UpdatePodSandboxResourcesRequest,
): Promise<UpdatePodSandboxResourcesResponse> {
  // Refuse values that no cgroup accepts as limits.
  const warn: Warn = (field, problem) => log.warning(`${field}: ${problem}`, { sandbox: podSandboxId });
  linuxResources(overhead, host, { field: 'overhead', warn });
  linuxResources(resources, host, { field: 'resources', warn });
  const found = state.sandboxes.find(podSandboxId);
  if (found === undefined) throw notFound('pod', podSandboxId);
  return queue.run(found.id, async () => {
    const sandbox = state.sandboxes.get(found.id);
    if (sandbox === undefined) throw notFound('pod', podSandboxId);
    const { config } = sandbox;
    const linux = { cgroupParent: '', sysctls: {}, securityContext: undefined, ...config.linux };
    state.sandboxes.setConfig(sandbox.id, { ...config, linux: { ...linux, overhead, resources } });
    log.info('Updated pod sandbox resources', { sandbox: sandbox.id });
    return {};
  });
}
