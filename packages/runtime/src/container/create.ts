import { isAbsolute } from 'node:path';
import type { KeyedQueue } from '@berth/common/keyed-queue.ts';
import type { CreateContainerRequest, CreateContainerResponse } from '@berth/cri/generated/api.ts';
import type { Cgroups } from '@berth/linux/cgroups/cgroups.ts';
import type { CgroupNaming } from '../cgroups/naming.ts';
import { readExit } from '../exits/exit-files.ts';
import { recordExit } from '../exits/record-exits.ts';
import type { ImageRootfs } from '../image/rootfs.ts';
import type { ImageService } from '../image/service.ts';
import type { Logger } from '../logging/log.ts';
import type { Tracer } from '../observability/tracing/tracer.ts';
import { invalid, notFound, RuntimeError, wrongState } from '../rpc/errors.ts';
import { withUndo } from '../rpc/undo.ts';
import type { Warn } from '../rpc/warn.ts';
import type { Container } from '../state/container.ts';
import { newContainerId } from '../state/ids.ts';
import type { Paths } from '../state/paths.ts';
import type { Sandbox } from '../state/sandbox.ts';
import type { State } from '../state/state.ts';
import { destroyContainer } from '../teardown/container.ts';
import { nowNs } from '../time/clock.ts';
import type { AbortableOperations } from './abortable-operations.ts';
import type { ContainerRestores, ContainerSource, Creation } from './creation.ts';
import { describe } from './describe.ts';
import { type ImageSourceServices, imageSource } from './image-source.ts';
import { findVolumeImages, withImageRefs } from './image-volumes.ts';
import { logPathIn } from './log-directory.ts';
import { type ContainerRetryServices, retryContainerRemoval } from './retry.ts';
import { labelsOf, warnOfUnusedOptions } from './selinux.ts';
import { stopSignal } from './stop-signal.ts';
import { type ValidContainerConfig, validateContainerConfig } from './validate.ts';

/** What CreateContainer uses. */
export interface CreateContainerServices extends ContainerRetryServices, ImageSourceServices {
  readonly log: Logger;
  readonly paths: Paths;
  readonly state: State;
  readonly queue: KeyedQueue;
  readonly cgroups: Cgroups;
  readonly images: ImageService;
  readonly operations: AbortableOperations;
  readonly restores: ContainerRestores;
  readonly tracer: Tracer;
}

/** CreateContainer: creates a container up to a process that waits for StartContainer. All or nothing. */
export async function createContainer(
  services: CreateContainerServices,
  request: CreateContainerRequest,
  call: { signal: AbortSignal },
): Promise<CreateContainerResponse> {
  const { state, queue, operations, tracer, restores } = services;
  const config = validateContainerConfig(request.config);
  const found = state.sandboxes.find(request.podSandboxId);
  if (found === undefined) throw notFound('pod', request.podSandboxId);
  tracer.describe({ 'sandbox.id': found.id, 'k8s.container.name': config.metadata.name });
  // Runs in the sandbox's queue, so its containers are created one at a time. Stopping the sandbox aborts all
  // creations.
  const create = async (signal: AbortSignal) => {
    signal.throwIfAborted();
    const sandbox = state.sandboxes.get(found.id);
    if (sandbox?.state.phase !== 'ready') {
      throw wrongState(`CreateContainer failed as the sandbox was stopped: ${found.id}`);
    }
    const source =
      (await restores.sourceOf(config.image.image, sandbox)) ?? imageSource(services, config.image.image);
    const image = await findImage(services, config, source.image);
    const volumes = await findVolumeImages(services, config.mounts);
    const container = newContainer(services, sandbox, { config, image, volumes });
    const parts = { sandbox, container, image, volumes, signal };
    await queue.run(container.id, () => makeContainer(services, source, parts));
    return { containerId: container.id };
  };
  return operations.run([found.id], call.signal, (signal) => queue.run(found.id, () => create(signal)));
}

async function makeContainer(
  services: CreateContainerServices,
  source: ContainerSource,
  parts: Omit<Creation, 'name' | 'selinux' | 'warn'>,
): Promise<void> {
  const { state, log, paths } = services;
  const { sandbox, container } = parts;
  const { id, config } = container;
  using _move = services.cgroups.startRcuGracePeriod();
  const selinux = labelsOf(services, sandbox, config);
  const name = describe(sandbox.config, config.metadata?.name ?? '');
  log.info(`Creating container: ${name}`, { container: id, sandbox: sandbox.id });
  const warn: Warn = (field, problem) => log.warning(`${field}: ${problem}`, { container: id });
  warnOfUnusedOptions(services, config.linux?.securityContext?.selinuxOptions, warn);
  await withUndo(log, async (undo) => {
    state.containers.insert(container);
    undo('remove the container', () => abandonContainer(services, container));
    await source.create({ ...parts, name, selinux, warn });
  });
  // conmon may have reported an exit before the container was recorded as created.
  const exit = readExit(paths.exits, id);
  if (exit !== undefined) recordExit(services, id, { ...exit, message: '' });
}

/** Rolls back a creation. A container that cannot be removed is shown as exited, and the removal is retried. */
async function abandonContainer(services: CreateContainerServices, container: Container): Promise<void> {
  try {
    await destroyContainer(services, container);
  } catch (error) {
    retryContainerRemoval(services, container.id, error);
    throw error;
  }
}

/** Looks up image `name`: the request's, or the one that a checkpoint was taken from. */
async function findImage(
  { images }: { readonly images: ImageService },
  { image }: ValidContainerConfig,
  name: string,
): Promise<ImageRootfs> {
  const found = await images.rootfs(name);
  if (found === undefined) {
    throw new RuntimeError('NOT_FOUND', `config.image: image ${name} is not here; pull it first`);
  }
  const { artifactType } = found.config;
  if (artifactType !== undefined) {
    throw invalid(
      'config.image',
      `${image.image} is an OCI artifact (${artifactType}): mount it as a volume`,
    );
  }
  return found;
}

function newContainer(
  services: { readonly cgroupNaming: CgroupNaming },
  sandbox: Sandbox,
  { config, image, volumes }: Pick<Creation, 'image' | 'volumes'> & { config: ValidContainerConfig },
) {
  const id = newContainerId();
  const { metadata } = sandbox.config;
  const { logDirectory } = sandbox.config;
  return {
    id,
    sandboxId: sandbox.id,
    name: [
      'k8s',
      config.metadata.name,
      metadata?.name,
      metadata?.namespace,
      metadata?.uid,
      config.metadata.attempt,
    ].join('_'),
    config: withImageRefs(config, volumes),
    imageId: image.id,
    volumeImages: volumes.map((volume) => volume.image.id),
    imageRef: image.repoDigests[0] ?? image.id,
    imageName:
      config.image.userSpecifiedImage ||
      image.repoTags[0] ||
      (isAbsolute(config.image.image) ? image.id : config.image.image),
    stopSignal: stopSignal(config.stopSignal, image.config.config.StopSignal),
    logPath: logPathIn(logDirectory, config.logPath),
    cgroup: services.cgroupNaming.containerCgroup(sandbox.cgroupParent, id),
    createdAt: nowNs(),
    user: undefined,
    state: { phase: 'creating' },
  } satisfies Container;
}
