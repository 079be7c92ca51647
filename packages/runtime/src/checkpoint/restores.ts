import type { ContainerRestores } from '../container/creation.ts';
import type { CheckpointSourcePorts } from './checkpoint-source.ts';
import { checkpointSource } from './checkpoint-source.ts';
import type { RestoreContainerPorts } from './restore-container.ts';
import { giveUpRestore, startRestored } from './restore-container.ts';

/** What requests for containers from checkpoints use. */
export interface RestoresPorts extends CheckpointSourcePorts, RestoreContainerPorts {}

/** Serves the container requests that concern checkpoints. */
export function containerRestores(context: RestoresPorts): ContainerRestores {
  return {
    sourceOf: (image, sandbox) => checkpointSource(context, image, sandbox),
    start: (container, options) => startRestored(context, container, options),
    giveUp: (id) => giveUpRestore(context, id),
  };
}
