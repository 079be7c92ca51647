// Shows CrashLoopBackOff in a container's status, and schedules the end of the wait.
import { podKey } from '../../api/pod.ts';
import { crashLoopMessage } from '../../backoff/crash-loop.ts';
import { createLogger } from '../../klog/klog.ts';
import type { Effect } from './effect.ts';

const log = createLogger('back-off.ts');

/** Logs a wait once. */
export const backOff: Effect<'back-off'> = async ({ name, wait }, { pod, waiting }) => {
  const message = crashLoopMessage(pod.metadata, name, wait.delayMs);
  if (waiting.get(name)?.message !== message) {
    log.info('Back-off restarting failed container', { pod: podKey(pod), containerName: name });
  }
  const failure = { reason: 'CrashLoopBackOff', message } as const;
  return { result: 'backs-off', name, failure, until: wait.until };
};
