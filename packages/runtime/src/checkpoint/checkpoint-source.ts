// Creates a container from a checkpoint when CreateContainer's image names one. restore-container.ts starts it.

import { isAbsolute } from 'node:path';
import { ContainerEventType } from '@berth/cri/generated/api.ts';
import { type BundleServices, makeSpec, mountRoot, writeBundle } from '../container/bundle.ts';
import type { ContainerSource, Creation } from '../container/creation.ts';
import { containerUser } from '../container/spec.ts';
import type { ContainerEvents } from '../events/container-events.ts';
import type { ImageService } from '../image/service.ts';
import type { Logger } from '../logging/log.ts';
import type { OciRuntimes } from '../oci-runtime/detect.ts';
import type { Paths } from '../state/paths.ts';
import type { Sandbox } from '../state/sandbox.ts';
import type { State } from '../state/state.ts';
import { checkRestore, requireRestore } from './check-restore.ts';
import { isCheckpointImage } from './image.ts';
import {
  type Checkpoint,
  checkMounts,
  deleteFromRoot,
  readCheckpoint,
  readCheckpointImage,
  unpackCheckpoint,
} from './read.ts';
import { requireCheckpointing } from './support.ts';

/** What creating a container from a checkpoint uses. */
export interface CheckpointSourceServices extends BundleServices {
  readonly log: Logger;
  readonly paths: Paths;
  readonly state: State;
  readonly events: ContainerEvents;
  readonly runtimes: OciRuntimes;
  readonly images: ImageService;
}

/** The source of a container whose `image` names a checkpoint; undefined when it names an ordinary image. */
export async function checkpointSource(
  services: CheckpointSourceServices,
  image: string,
  sandbox: Sandbox,
): Promise<ContainerSource | undefined> {
  const checkpoint = await findCheckpoint(services, image, sandbox);
  if (checkpoint === undefined) return undefined;
  return { image: checkpoint.image, create: (creation) => createRestorable(services, checkpoint, creation) };
}

/** The checkpoint that the field `image` names: an archive by its absolute path, or an image that contains one. */
async function findCheckpoint(
  services: CheckpointSourceServices,
  image: string,
  sandbox: Sandbox,
): Promise<Checkpoint | undefined> {
  const { runtimes, images } = services;
  const field = 'config.image.image';
  const inImage = isAbsolute(image) ? undefined : await images.rootfs(image);
  const isCheckpoint = inImage === undefined ? isAbsolute(image) : await isCheckpointImage(images, inImage);
  if (!isCheckpoint) return undefined;
  requireRestore(services, `${field}: ${image}`);
  await requireCheckpointing(runtimes.get(sandbox.runtime));
  if (inImage === undefined) return readCheckpoint(image, field);
  return readCheckpointImage(image, inImage.lowerDirs, field);
}

/** Creates a container without processes: criu creates them when the container is started (restore-container.ts). */
async function createRestorable(
  services: CheckpointSourceServices,
  checkpoint: Checkpoint,
  creation: Creation,
): Promise<void> {
  const { state, events, log } = services;
  const { name, sandbox, container, image, signal } = creation;
  const { id } = container;
  const paths = services.paths.container(id);
  await unpackCheckpoint(services, paths, checkpoint, image.lowerDirs);
  const rootfs = await mountRoot(services, creation);
  await deleteFromRoot(paths, rootfs);
  const spec = await makeSpec(services, creation);
  checkMounts(checkpoint, spec);
  checkRestore(services, paths, checkpoint.name, spec);
  await writeBundle(services, creation, spec);
  signal.throwIfAborted();
  state.containers.setState(id, { phase: 'restorable' }, containerUser(spec));
  events.container(id, ContainerEventType.CONTAINER_CREATED_EVENT);
  log.info(`Created container from a checkpoint: ${name}`, { container: id, sandbox: sandbox.id });
}
