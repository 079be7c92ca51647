// Stops every container and sandbox of a pod.
import { podKey } from '../../api/pod.ts';
import { createLogger } from '../../klog/klog.ts';
import { type KillPodPorts, killPod } from '../../kuberuntime/kill-pod.ts';
import type { Effect } from './effect.ts';

const log = createLogger('kill-pod.ts');

/** The effect that stops a pod with its grace period. */
export function killPodEffect(ports: KillPodPorts): Effect<'kill-pod'> {
  return async ({ reason }, { pod, runtime }) => {
    log.info('Killing pod', { pod: podKey(pod), reason });
    await killPod(runtime, pod.spec.terminationGracePeriodSeconds, ports);
    return { result: 'removed' };
  };
}
