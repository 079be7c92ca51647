// Removes a container that does not run.
import { type RemovalPorts, removeContainer } from '../../kuberuntime/remove.ts';
import type { Effect } from './effect.ts';

/** The effect that removes a container. */
export function removeContainerEffect(ports: RemovalPorts): Effect<'remove-container'> {
  return async (step, { pod }) => {
    await removeContainer(pod.metadata, step, ports);
    return { result: 'runtime-changed' };
  };
}
