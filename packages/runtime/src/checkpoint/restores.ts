// Implements ContainerRestores of container/creation.ts, so that container/ does not depend on checkpoint/.

import type { ContainerRestores } from '../container/creation.ts';
import { type CheckpointSourceServices, checkpointSource } from './checkpoint-source.ts';
import { giveUpRestore, type RestoreContainerServices, startRestored } from './restore-container.ts';

/** What requests for containers from checkpoints use. */
export interface RestoresServices extends CheckpointSourceServices, RestoreContainerServices {}

/** Serves the container requests that concern checkpoints. */
export function containerRestores(services: RestoresServices): ContainerRestores {
  return {
    sourceOf: (image, sandbox) => checkpointSource(services, image, sandbox),
    start: (container, options) => startRestored(services, container, options),
    giveUp: (id) => giveUpRestore(services, id),
  };
}
