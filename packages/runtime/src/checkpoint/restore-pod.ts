import { isAbsolute, join } from 'node:path';
import {
  type ContainerConfig,
  ImageSpec,
  type RestoredContainer,
  type RestorePodRequest,
  type RestorePodResponse,
} from '@berth/cri/generated/api.ts';
import { type CreateContainerServices, createContainer } from '../container/create.ts';
import type { ImageService } from '../image/service.ts';
import type { Logger } from '../logging/log.ts';
import type { OciRuntimes } from '../oci-runtime/detect.ts';
import { invalid } from '../rpc/errors.ts';
import { withUndo } from '../rpc/undo.ts';
import { type RemoveSandboxServices, removePodSandbox } from '../sandbox/remove.ts';
import { type RunSandboxServices, runPodSandbox } from '../sandbox/run.ts';
import { readSpec } from '../spec/spec-file.ts';
import { containerId as asContainerId } from '../state/ids.ts';
import type { Paths } from '../state/paths.ts';
import { requireRestore } from './check-restore.ts';
import { refuseOptions } from './checkpoint-pod.ts';
import { type PodDump, readPodDump } from './pod-dump.ts';
import { processIdentity, readCheckpoint } from './read.ts';
import { requireCheckpointing } from './support.ts';

/** What RestorePod uses. */
export interface RestorePodServices
  extends CreateContainerServices,
    RemoveSandboxServices,
    RunSandboxServices {
  readonly log: Logger;
  readonly paths: Paths;
  readonly runtimes: OciRuntimes;
  readonly images: ImageService;
}

/**
 * RestorePod: creates a sandbox with containers from a pod's checkpoint; StartContainer resumes each. All or nothing.
 */
export async function restorePod(
  services: RestorePodServices,
  { checkpointPath, config, runtimeHandler, options, containerConfigs }: RestorePodRequest,
  call: { signal: AbortSignal },
): Promise<RestorePodResponse> {
  refuseOptions(options);
  if (!isAbsolute(checkpointPath)) {
    throw invalid('checkpoint_path', `${JSON.stringify(checkpointPath)} is not an absolute path`);
  }
  requireRestore(services, `checkpoint_path: ${checkpointPath}`);
  await requireCheckpointing(services.runtimes.get(runtimeHandler));
  const archives = matchContainers(readPodDump(checkpointPath, 'checkpoint_path'), containerConfigs);
  return withUndo(services.log, async (undo) => {
    const { podSandboxId } = await runPodSandbox(services, { config, runtimeHandler }, call);
    undo('remove the restored pod', async () => {
      await removePodSandbox(services, { podSandboxId });
    });
    const restoredContainers: RestoredContainer[] = [];
    for (const [index, container] of containerConfigs.entries()) {
      const name = container.metadata?.name ?? '';
      const archive = join(checkpointPath, archives.get(name) ?? '');
      const field = `container_configs[${index}]`;
      const containerId = await restoreContainer(services, { podSandboxId, container, archive, field, call });
      restoredContainers.push({ name, containerId });
    }
    return { podSandboxId, restoredContainers };
  });
}

/**
 * The archive of each container by name. Refuses a request that does not name each container of the checkpoint once.
 */
export function matchContainers(
  { containers }: PodDump,
  configs: readonly ContainerConfig[],
): Map<string, string> {
  const archives = new Map(containers.map(({ name, archive }) => [name, archive]));
  const names = configs.map(({ metadata }) => metadata?.name ?? '');
  const seen = new Set<string>();
  const wrong = names.findIndex((name) => {
    const isFirst = !seen.has(name);
    seen.add(name);
    return !archives.has(name) || !isFirst;
  });
  if (wrong >= 0 || names.length !== archives.size) {
    const at = wrong < 0 ? '' : `[${wrong}].metadata.name`;
    const known = [...archives.keys()].join(', ');
    throw invalid(`container_configs${at}`, `has to name each container of the checkpoint once: ${known}`);
  }
  return archives;
}

interface Restoring {
  readonly podSandboxId: string;
  readonly container: ContainerConfig;
  readonly archive: string;
  readonly field: string;
  readonly call: { readonly signal: AbortSignal };
}

async function restoreContainer(
  services: RestorePodServices,
  { podSandboxId, container, archive, field, call }: Restoring,
): Promise<string> {
  const checkpoint = await readCheckpoint(archive, field);
  const wanted = await services.images.rootfs(container.image?.image ?? '');
  const had = await services.images.rootfs(checkpoint.image);
  if (wanted === undefined || wanted.id !== had?.id) {
    throw invalid(`${field}.image`, `the checkpoint is of image ${checkpoint.image}`);
  }
  const image = ImageSpec.fromPartial({ ...container.image, image: archive });
  const { containerId } = await createContainer(
    services,
    { podSandboxId, config: { ...container, image }, sandboxConfig: undefined },
    call,
  );
  const { process } = readSpec(services.paths.container(asContainerId(containerId)).bundle);
  const identity = processIdentity(process);
  if (identity !== checkpoint.process) {
    throw invalid(
      field,
      `command, args, working_dir and user make ${identity}, but the checkpoint is of ${checkpoint.process}`,
    );
  }
  return containerId;
}
