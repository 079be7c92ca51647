// Stops one container.
import { podKey } from '../../api/pod.ts';
import { createLogger } from '../../klog/klog.ts';
import { type KillContainerPorts, killContainer } from '../../kuberuntime/kill-container.ts';
import type { Effect } from './effect.ts';

const log = createLogger('kill-container.ts');

/** The effect that stops a container with its pod's grace period. */
export function killContainerEffect(ports: KillContainerPorts): Effect<'kill-container'> {
  return async (step, { pod }) => {
    log.info('Killing container', { pod: podKey(pod), containerName: step.name, reason: step.reason });
    await killContainer(step, pod.spec.terminationGracePeriodSeconds, ports);
    return { result: 'removed' };
  };
}
