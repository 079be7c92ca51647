// Shows CrashLoopBackOff in a container's status, and schedules the end of the wait.
import { podKey } from '../../api/pod.ts';
import { crashLoopMessage } from '../../backoff/crash-loop.ts';
import { aboutContainer, type Recorder } from '../../events/event.ts';
import { createLogger } from '../../klog/klog.ts';
import type { Effect } from './effect.ts';

const log = createLogger('back-off.ts');

/** The effect of a wait: logs it once. */
export function backOffEffect({ events }: { events: Recorder }): Effect<'back-off'> {
  return async ({ name, wait }, { pod, waiting }) => {
    const message = crashLoopMessage(pod.metadata, name, wait.delayMs);
    if (waiting.get(name)?.message !== message) {
      log.info('Back-off restarting failed container', { pod: podKey(pod), containerName: name });
    }
    const { name: podName, namespace, uid } = pod.metadata;
    const told = `Back-off restarting failed container ${name} in pod ${podName}_${namespace}(${uid})`;
    events.record(aboutContainer(pod, name), 'Warning', 'BackOff', told);
    const failure = { reason: 'CrashLoopBackOff', message } as const;
    return { result: 'backs-off', name, failure, until: wait.until };
  };
}
