import { writeFileSync } from 'node:fs';
import { dirname, isAbsolute } from 'node:path';
import {
  type ContainerConfig,
  ContainerEventType,
  type ContainerMetadata,
  type CreateContainerRequest,
  type CreateContainerResponse,
  type ImageSpec,
} from '@berth/cri/generated/api.ts';
import { checkRestore, requireRestore } from '../checkpoint/check-restore.ts';
import { isCheckpointImage } from '../checkpoint/image.ts';
import {
  type Checkpoint,
  checkMounts,
  deleteFromRoot,
  readCheckpoint,
  readCheckpointImage,
  unpackCheckpoint,
} from '../checkpoint/read.ts';
import { requireCheckpointing } from '../checkpoint/support.ts';
import type { Context } from '../context.ts';
import { readExit } from '../exits/exit-files.ts';
import { recordExit, watchConmon } from '../exits/record-exits.ts';
import type { ImageRootfs } from '../image/rootfs.ts';
import { invalid, notFound, RuntimeError, wrongState } from '../rpc/errors.ts';
import { describe } from '../rpc/list-filter.ts';
import { withUndo } from '../rpc/undo.ts';
import type { Warn } from '../rpc/warn.ts';
import { publishContainerEvent } from '../sandbox/pod-events.ts';
import type { Container } from '../state/container.ts';
import { newContainerId } from '../state/ids.ts';
import type { Sandbox } from '../state/sandbox.ts';
import { destroyContainer } from '../teardown/container.ts';
import { nowNs } from '../time/clock.ts';
import { refuseControlCharacters } from '../validation/control-characters.ts';
import { checkNameLength, refuseTooMuch } from '../validation/request-bounds.ts';
import { refuseUnusableStrings } from '../validation/unusable-strings.ts';
import { createWithConmon } from './conmon-start.ts';
import { findVolumeImages, type ImageVolume, withImageRefs } from './image-volumes.ts';
import { keepLimits } from './keep-limits.ts';
import { logPathIn, makeLogDirectory, requireLogFile } from './log-directory.ts';
import { retryContainerRemoval } from './retry.ts';
import { mountRootfs, podUserNamespace } from './rootfs.ts';
import { labelsOf, warnOfUnusedOptions } from './selinux.ts';
import { containerSpec, containerUser } from './spec.ts';
import { stdioOwner } from './stdio.ts';
import { stopSignal } from './stop-signal.ts';
import { checkSystemMounts } from './system-mounts.ts';

/** CreateContainer: everything up to a process that waits to be started. All or nothing. */
export async function createContainer(
  context: Context,
  request: CreateContainerRequest,
  call: { signal: AbortSignal },
): Promise<CreateContainerResponse> {
  const { state, queue, makings, tracer } = context;
  const config = validateContainerConfig(request.config);
  const found = state.sandboxes.find(request.podSandboxId);
  if (found === undefined) throw notFound('pod', request.podSandboxId);
  tracer.describe({ 'sandbox.id': found.id, 'k8s.container.name': config.metadata.name });
  const stopped = `CreateContainer failed as the sandbox was stopped: ${found.id}`;
  // One is made after the other, and a sandbox that is being stopped has them given up.
  const create = async (signal: AbortSignal) => {
    signal.throwIfAborted();
    const sandbox = state.sandboxes.get(found.id);
    if (sandbox?.state.phase !== 'ready') {
      throw wrongState(stopped);
    }
    const checkpoint = await checkpointOf(context, sandbox, config);
    const image = await findImage(context, config, checkpoint?.image);
    const volumes = await findVolumeImages(context, config.mounts);
    const container = newContainer(context, sandbox, { config, image, volumes });
    const making = { sandbox, container, image, volumes, checkpoint, signal };
    await queue.run(container.id, () => makeContainer(context, making));
    return { containerId: container.id };
  };
  return makings.run([found.id], call.signal, (signal) => queue.run(found.id, () => create(signal)));
}

interface Making {
  readonly sandbox: Sandbox;
  readonly container: Container & { readonly state: { readonly phase: 'creating' } };
  readonly image: ImageRootfs;
  readonly volumes: readonly ImageVolume[];
  /** What the container is to go on from. */
  readonly checkpoint: Checkpoint | undefined;
  readonly signal: AbortSignal;
}

async function makeContainer(context: Context, making: Making): Promise<void> {
  const { sandbox, container, image, volumes, checkpoint, signal } = making;
  const { state, log, paths, tracer } = context;
  const { id, config } = container;
  using _move = context.cgroups.startRcuGracePeriod();
  const selinux = labelsOf(context, sandbox, config);
  const name = describe(sandbox.config, config.metadata?.name ?? '');
  log.info(`Creating container: ${name}`, { container: id, sandbox: sandbox.id });
  const warn: Warn = (field, problem) => log.warning(`${field}: ${problem}`, { container: id });
  warnOfUnusedOptions(context, config.linux?.securityContext?.selinuxOptions, warn);

  await withUndo(log, async (undo) => {
    state.containers.insert(container);
    undo('remove the container', () => abandonContainer(context, container));

    const { bundle } = paths.container(id);
    const about = { 'container.id': id, 'sandbox.id': sandbox.id };
    if (checkpoint !== undefined) {
      await unpackCheckpoint(context, paths.container(id), checkpoint, image.lowerDirs);
    }
    const rootfs = await tracer.span('rootfs', about, () =>
      mountRootfs(paths.container(id), image.lowerDirs, {
        userNamespace: podUserNamespace(context, sandbox),
        label: selinux?.mount,
      }),
    );
    if (checkpoint !== undefined) await deleteFromRoot(paths.container(id), rootfs);
    const spec = await tracer.span('spec', about, () =>
      containerSpec(context, { sandbox, container, image, volumes, selinux, warn }),
    );
    if (checkpoint !== undefined) {
      checkMounts(checkpoint, spec);
      checkRestore(context, paths.container(id), checkpoint.name, spec);
    }
    writeFileSync(bundle.config, JSON.stringify(spec), { mode: 0o600 });
    if (container.logPath !== '') {
      await makeLogDirectory(dirname(container.logPath), 'config.log_path');
      requireLogFile(container.logPath, sandbox.config.logDirectory, 'config.log_path');
    }
    if (checkpoint !== undefined) {
      signal.throwIfAborted();
      state.containers.setState(id, { phase: 'restorable' }, containerUser(spec));
      publishContainerEvent(context, id, ContainerEventType.CONTAINER_CREATED_EVENT);
      log.info(`Created container from a checkpoint: ${name}`, { container: id, sandbox: sandbox.id });
      return;
    }
    const runtime = context.runtimes.get(sandbox.runtime);
    const processes = await tracer.span(`${runtime.name} create`, about, () =>
      createWithConmon(context, {
        id,
        name: container.name,
        runtime,
        bundle,
        args: spec.process?.args ?? [],
        logPath: container.logPath,
        stdin: config.stdin,
        stdinOnce: config.stdinOnce,
        tty: config.tty,
        stdioOwner: stdioOwner(sandbox, spec.process?.user),
        signal,
      }),
    );
    // Other runtimes may make a container of something else than mounts.
    if (runtime.flavor !== 'other') checkSystemMounts(processes.init.pid, spec);
    await keepLimits(context, container.cgroup, spec.linux?.resources);
    // A caller that has gone asks again, which must not find the name taken.
    signal.throwIfAborted();

    state.containers.setState(id, { phase: 'created', processes }, containerUser(spec));
    watchConmon(context, id, processes);
    publishContainerEvent(context, id, ContainerEventType.CONTAINER_CREATED_EVENT);
    log.info(`Created container: ${name}`, { container: id, sandbox: sandbox.id });
  });
  // An end that came before the container could be found has not been recorded.
  const exit = readExit(paths.exits, id);
  if (exit !== undefined) recordExit(context, id, { ...exit, message: '' });
}

/** Removes a half-made container. When that fails it is shown as exited, and tried again. */
async function abandonContainer(context: Context, container: Container): Promise<void> {
  try {
    await destroyContainer(context, container);
  } catch (error) {
    retryContainerRemoval(context, container.id, error);
    throw error;
  }
}

type ValidContainerConfig = ContainerConfig & {
  readonly metadata: ContainerMetadata;
  readonly image: ImageSpec;
};

function validateContainerConfig(config: ContainerConfig | undefined): ValidContainerConfig {
  if (config === undefined) throw invalid('config', 'is required');
  refuseTooMuch(config, 'config');
  refuseUnusableStrings(config, 'config');
  const { metadata, image } = config;
  if (metadata === undefined) throw invalid('config.metadata', 'is required');
  checkNameLength(metadata.name, 'config.metadata.name');
  refuseControlCharacters(metadata.name, 'config.metadata.name');
  if (image === undefined || image.image === '') throw invalid('config.image', 'is required');
  return { ...config, metadata, image };
}

/** An absolute path in the place of an image is that of a checkpoint archive; an image can be a checkpoint as well. */
async function checkpointOf(
  context: Context,
  sandbox: Sandbox,
  { image }: ValidContainerConfig,
): Promise<Checkpoint | undefined> {
  const { runtimes, images } = context;
  const field = 'config.image.image';
  const inImage = isAbsolute(image.image) ? undefined : await images.rootfs(image.image);
  const isCheckpoint =
    inImage === undefined ? isAbsolute(image.image) : await isCheckpointImage(images, inImage);
  if (!isCheckpoint) return undefined;
  requireRestore(context, `${field}: ${image.image}`);
  await requireCheckpointing(runtimes.get(sandbox.runtime));
  if (inImage === undefined) return readCheckpoint(image.image, field);
  return readCheckpointImage(image.image, inImage.lowerDirs, field);
}

/** `name` instead of what the request asks for. */
async function findImage(
  { images }: Context,
  { image }: ValidContainerConfig,
  name = image.image,
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
  context: Context,
  sandbox: Sandbox,
  { config, image, volumes }: Pick<Making, 'image' | 'volumes'> & { config: ValidContainerConfig },
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
    cgroup: context.cgroupNaming.containerCgroup(sandbox.cgroupParent, id),
    createdAt: nowNs(),
    user: undefined,
    state: { phase: 'creating' },
  } satisfies Container;
}
