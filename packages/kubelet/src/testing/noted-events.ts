// A recorder of events for unit tests.
import type { Recorder } from '../events/event.ts';

/** Notes events as lines: `Warning FailedMount default/p: MESSAGE`, with the container's field before the message. */
export class NotedEvents implements Recorder {
  readonly lines: string[] = [];

  readonly record: Recorder['record'] = (subject, type, reason, message) => {
    if (!subject) return;
    const { pod, fieldPath } = subject;
    const about = [`${pod.namespace}/${pod.name}`, ...(fieldPath ? [fieldPath] : [])].join(' ');
    this.lines.push(`${type} ${reason} ${about}: ${message}`);
  };
}
