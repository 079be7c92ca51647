// Stops one container.
import { podKey } from '../../api/pod.ts';
import { createLogger } from '../../klog/klog.ts';
import { type StopContainerPorts, stopContainer } from '../../kuberuntime/stop.ts';
import type { Effect } from './effect.ts';

const log = createLogger('kill-container.ts');

/** The effect that stops a container with the grace period of the step, or of the pod. */
export function killContainerEffect(ports: StopContainerPorts): Effect<'kill-container'> {
  return async (step, { pod, runtime }) => {
    log.info('Killing container', { pod: podKey(pod), containerName: step.name, reason: step.reason });
    const grace = step.graceSeconds ?? pod.spec.terminationGracePeriodSeconds;
    const stopping = { identity: pod.metadata, pod, status: runtime };
    await stopContainer(stopping, step, grace, ports, { why: step.reason });
    return { result: 'runtime-changed' };
  };
}
