import type { KeyedQueue } from '@berth/common/keyed-queue.ts';
import type {
  LinuxContainerResources,
  UpdateContainerResourcesRequest,
  UpdateContainerResourcesResponse,
} from '@berth/cri/generated/api.ts';
import type { Cgroups } from '@berth/linux/cgroups/cgroups.ts';
import type { CgroupDriver } from '@berth/linux/cgroups/driver.ts';
import { adjustOomScores } from '@berth/linux/processes/oom-score.ts';
import type { LinuxResources } from '@berth/oci/runtime-spec/config.ts';
import type { Logger } from '../logging/log.ts';
import type { OciRuntimes } from '../oci-runtime/detect.ts';
import { OciRuntimeError } from '../oci-runtime/runtime-log.ts';
import { invalid, notFound, wrongState } from '../rpc/errors.ts';
import type { Warn } from '../rpc/warn.ts';
import type { HostFacts } from '../spec/input.ts';
import { mergeResources } from '../spec/merge-resources.ts';
import { linuxResources, oomScoreAdj, refuseTooLittleMemory } from '../spec/resources.ts';
import { rewriteSpec } from '../spec/spec-file.ts';
import type { Container } from '../state/container.ts';
import type { Paths } from '../state/paths.ts';
import type { State } from '../state/state.ts';
import { cgroupLimits } from './cgroup-limits.ts';

/** What UpdateContainerResources uses. */
export interface UpdateContainerServices {
  readonly log: Logger;
  readonly paths: Paths;
  readonly state: State;
  readonly queue: KeyedQueue;
  readonly runtimes: OciRuntimes;
  readonly cgroups: Cgroups;
  readonly cgroupDriver: CgroupDriver;
  readonly host: HostFacts;
}

/**
 * UpdateContainerResources: only while the container has a process, started or not. Order: the kernel, then the
 * bundle's config.json, then the row. A berthd that dies in between reports the old limits, so the caller retries.
 */
export async function updateContainerResources(
  services: UpdateContainerServices,
  { containerId, linux, windows, annotations }: UpdateContainerResourcesRequest,
): Promise<UpdateContainerResourcesResponse> {
  const { state, queue, log } = services;
  const warn: Warn = (field, problem) => log.warning(`${field}: ${problem}`, { container: containerId });
  if (windows !== undefined) warn('windows', 'ignored: this node runs Linux containers');
  for (const option of Object.keys(annotations)) {
    warn(`annotations[${JSON.stringify(option)}]`, 'ignored: not a known option');
  }
  const found = state.containers.find(containerId);
  if (found === undefined) throw notFound('container', containerId);
  return queue.run(found.id, async () => {
    const container = state.containers.get(found.id);
    if (container === undefined) throw notFound('container', containerId);
    const { phase } = container.state;
    if (phase !== 'created' && phase !== 'running') {
      throw wrongState(`container ${container.id} is not in created or running state: ${phase}`);
    }
    if (linux === undefined) return {};
    await updateResources(services, container, { update: linux, warn });
    log.info('Updated container resources', { container: container.id });
    return {};
  });
}

async function updateResources(
  services: UpdateContainerServices,
  container: Container,
  { update, warn }: { update: LinuxContainerResources; warn: Warn },
): Promise<void> {
  const { state, host, paths } = services;
  const { id, config } = container;
  const resources = mergeResources(config.linux?.resources, update);
  const limits = linuxResources(resources, host, { field: 'linux', warn });
  const oomScore = oomScoreAdj(resources, host, 'linux');
  refuseTooLittleMemory(limits.memory?.limit, runtimeOfContainer(services, container).flavor, 'linux');
  refuseMemoryInUse(services, container, update);
  await applyLimits(services, container, { resources, limits });
  if (update.oomScoreAdj !== 0n) adjustOomScores(services.cgroups.processes(container.cgroup), oomScore);
  rewriteSpec(paths.container(id).bundle, (spec) => ({
    ...spec,
    ...(spec.process === undefined ? {} : { process: { ...spec.process, oomScoreAdj: oomScore } }),
    linux: {
      ...spec.linux,
      resources: {
        ...limits,
        ...(spec.linux?.resources?.devices === undefined ? {} : { devices: spec.linux.resources.devices }),
      },
    },
  }));
  state.containers.setConfig(id, {
    ...config,
    linux: { securityContext: undefined, ...config.linux, resources },
  });
}

/**
 * Updates through the OCI runtime first: it sets systemd's properties with the systemd driver, and keeps its own
 * record. Then applies the limits through the cgroup driver, because runtimes leave some out of an update and crun
 * before 1.9 bypasses systemd. Only the runtime sets the CPU weight on v2: versions convert shares differently, and
 * all containers of a node have to agree.
 */
async function applyLimits(
  services: UpdateContainerServices,
  container: Container,
  { resources, limits }: { resources: LinuxContainerResources; limits: LinuxResources },
): Promise<void> {
  try {
    await runtimeOfContainer(services, container).update(
      container.id,
      limits,
      services.paths.container(container.id).bundle.resources,
    );
  } catch (error) {
    if (error instanceof OciRuntimeError && error.kind === 'NOT_FOUND') {
      throw wrongState(`container ${container.id} has ended`);
    }
    throw error;
  }
  await services.cgroupDriver.apply(container.cgroup, {
    ...cgroupLimits(limits),
    cpuQuota: resources.cpuQuota < 0n ? -1n : resources.cpuQuota,
    cpuPeriod: resources.cpuPeriod,
  });
}

function runtimeOfContainer(
  { runtimes, state }: { readonly state: State; readonly runtimes: OciRuntimes },
  { sandboxId, id }: Container,
) {
  const sandbox = state.sandboxes.get(sandboxId);
  if (sandbox === undefined) throw wrongState(`the sandbox of container ${id} was removed`);
  return runtimes.get(sandbox.runtime);
}

/**
 * Refuses a memory limit below the working set: on cgroup v2 the kernel would OOM-kill processes at once. Page cache
 * can be reclaimed, so it does not count.
 */
function refuseMemoryInUse(
  { cgroups }: { readonly cgroups: Cgroups },
  { cgroup }: Container,
  update: LinuxContainerResources,
) {
  const limit = update.memoryLimitInBytes;
  const usage = limit > 0n ? cgroups.usage(cgroup)?.workingSetBytes : undefined;
  if (usage !== undefined && limit < usage) {
    throw invalid(
      'linux.memory_limit_in_bytes',
      `cannot decrease memory limit to ${limit} bytes: current usage is ${usage} bytes`,
    );
  }
}
