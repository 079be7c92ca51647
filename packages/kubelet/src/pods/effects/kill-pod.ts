// Stops every container and sandbox of a pod.
import { podKey } from '../../api/pod.ts';
import { createLogger } from '../../klog/klog.ts';
import { type StopPodPorts, stopPod } from '../../kuberuntime/stop.ts';
import type { Effect } from './effect.ts';

const log = createLogger('kill-pod.ts');

/** The effect that stops a pod with the grace period of the step, or its own. */
export function killPodEffect(ports: StopPodPorts): Effect<'kill-pod'> {
  return async ({ reason, graceSeconds }, { pod, runtime }) => {
    log.info('Killing pod', { pod: podKey(pod), reason });
    const stopping = { identity: pod.metadata, pod, status: runtime };
    await stopPod(stopping, graceSeconds ?? pod.spec.terminationGracePeriodSeconds, ports);
    return { result: 'runtime-changed' };
  };
}
